// What the import tells while it runs: one line that is rewritten on a terminal, else a line every few seconds, so that
// a log stays readable. Writes to stderr; what the command prints as its result goes to stdout.

export interface ProgressOutput {
  readonly isTerminal: boolean
  write(text: string): void
}

const terminalEveryMs = 100
const logEveryMs = 5_000
const waitNoticeEveryMs = 10_000

export class Progress {
  readonly #output: ProgressOutput
  readonly #now: () => number
  #phase = { name: '', unit: '', total: 0, done: 0, startedAtMs: 0 }
  #lastShownAtMs = 0
  #lineOpen = false
  readonly #waitNoticeAtMs = new Map<string, number>()

  constructor(output: ProgressOutput, now: () => number) {
    this.#output = output
    this.#now = now
  }

  begin(name: string, unit: string, total: number): void {
    this.#phase = { name, unit, total, done: 0, startedAtMs: this.#now() }
    this.#lastShownAtMs = 0
    if (this.#output.isTerminal) this.#show()
    else this.#lastShownAtMs = this.#now()
  }

  advance(count: number): void {
    this.#phase.done += count
    const everyMs = this.#output.isTerminal ? terminalEveryMs : logEveryMs
    if (this.#now() - this.#lastShownAtMs >= everyMs) this.#show()
  }

  end(): void {
    this.#show()
    this.#closeLine()
  }

  /** A region holds the import up; said at most every few seconds for each. */
  waiting(region: string, reason: string): void {
    const now = this.#now()
    if (now - (this.#waitNoticeAtMs.get(region) ?? Number.NEGATIVE_INFINITY) < waitNoticeEveryMs) return
    this.#waitNoticeAtMs.set(region, now)
    this.note(`waiting for ${region}: ${reason}`)
  }

  note(text: string): void {
    this.#closeLine()
    this.#output.write(`${text}\n`)
  }

  #show(): void {
    const now = this.#now()
    this.#lastShownAtMs = now
    const { name, unit, total, done, startedAtMs } = this.#phase
    const seconds = (now - startedAtMs) / 1000
    const rate = seconds > 0.2 && done > 0 ? `, ${Math.round(done / seconds).toLocaleString('en')} ${unit}/s` : ''
    const share = total === 0 ? 100 : Math.floor((done / total) * 100)
    const line = `${name}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit} (${share}%)${rate}`
    if (this.#output.isTerminal) {
      this.#output.write(`\r\u001b[2K${line}`)
      this.#lineOpen = true
    } else {
      this.#output.write(`${line}\n`)
    }
  }

  #closeLine(): void {
    if (!this.#lineOpen) return
    this.#output.write('\n')
    this.#lineOpen = false
  }
}
