// How many: two buttons and the number between them.

interface QuantityProps {
  readonly title: string
  readonly quantity: number
  readonly onChange: (quantity: number) => void
}

export function Quantity({ title, quantity, onChange }: QuantityProps) {
  return (
    <span className="quantity">
      <button type="button" className="quiet" aria-label={`One less: ${title}`} onClick={() => onChange(quantity - 1)}>
        −
      </button>
      <output aria-label={`Quantity of ${title}`}>{quantity}</output>
      <button type="button" className="quiet" aria-label={`One more: ${title}`} onClick={() => onChange(quantity + 1)}>
        +
      </button>
    </span>
  )
}
