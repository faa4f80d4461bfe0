// What a piece of work is about: work about the same leaves in the order in which it was done, everything else need not wait for it.
// Pure. An order waits for earlier work on its SKUs, too: of the last unit, who asked first has it.

import { drawsOf } from '../leases/draw.ts'
import type { QueuedCommand } from './outbox.ts'

/** Names of what it changes, and of what must be as it was left by those before: those who only use a thing do not wait for each other. */
export interface Concerns {
  readonly changes: readonly string[]
  readonly uses: readonly string[]
}

const all = 'all'
/** Of whatever SKU. */
const stock = 'stock'

const known = new WeakMap<QueuedCommand, Concerns>()

export function concernsOf(command: QueuedCommand): Concerns {
  const found = known.get(command) ?? read(command)
  known.set(command, found)
  return found
}

/** What stays or is on its way, in the order in which it was done. */
export class Ahead {
  readonly #changed = new Set<string>()
  readonly #used = new Set<string>()

  add({ changes, uses }: Concerns): void {
    for (const name of changes) this.#changed.add(name)
    for (const name of uses) this.#used.add(name)
  }

  /** Whether work about this must wait for it. */
  holdsUp({ changes, uses }: Concerns): boolean {
    return (
      changes.some((name) => this.#changed.has(name) || this.#used.has(name)) ||
      uses.some((name) => this.#changed.has(name))
    )
  }
}

function read(command: QueuedCommand): Concerns {
  const input = command.input as Readonly<Record<string, unknown>>
  const order = `order/${input.id}`
  switch (command.name) {
    case 'change':
      return about([ownedBy(input)])
    case 'placeOrder': {
      const draws = drawsOf(command)
      // What is sold from a lease is there, whatever happens to the rest.
      const drawn = new Set(draws.map(({ sku }) => `stock/${sku}`))
      const skus = skusOf(input.lines).filter((sku) => !drawn.has(sku))
      const leases = draws.map(({ id }) => `lease/${id}`)
      return about([order, ...skus, ...leases], [...(skus.length > 0 ? [stock] : []), `customer/${input.customerId}`])
    }
    // Of which SKUs an order's units come back its input does not say.
    case 'cancelOrder':
    case 'returnOrderLines':
      return about([order, stock])
    case 'shipOrder':
    case 'deliverOrder':
      return about([order])
    case 'upsertCustomer':
      return about([`customer/${input.id}`])
    case 'receiveStock':
    case 'leaseStock':
      return about(skusOf([input]), [stock])
    case 'recordStockMovements':
      return about(skusOf(input.movements), [stock])
    case 'closeLease':
      return about([`lease/${input.id}`])
    default:
      return command.name satisfies never
  }
}

function about(changes: readonly string[], uses: readonly string[] = []): Concerns {
  return { changes, uses: [all, ...uses] }
}

/** A contact is changed by its customer's commands, too. */
function ownedBy({ kind, documentId }: Readonly<Record<string, unknown>>): string {
  return `${kind === 'contact' ? 'customer' : kind}/${documentId}`
}

/** Of what is not as it should be, a region says so: until then nothing passes it. */
function skusOf(lines: unknown): readonly string[] {
  if (!Array.isArray(lines)) return [all]
  return lines.map((line: unknown) =>
    typeof line === 'object' && line !== null && 'sku' in line ? `stock/${line.sku}` : all,
  )
}
