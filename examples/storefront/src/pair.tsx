// Two devices side by side, each a page of its own with its own storage: a shopper's phone and the shop's till.

export function Pair() {
  return (
    <main className="pair">
      <header>
        <h1>Two devices, one shop</h1>
        <p>Switch either to offline, change both, and switch back: they come to agree.</p>
      </header>
      <div className="pair-frames">
        <iframe title="A shopper's phone" src="./?device=phone" />
        <iframe title="The shop's till" src="./?device=till#till" />
      </div>
    </main>
  )
}
