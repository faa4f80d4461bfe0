// In the page: takes the task from the address, and shows the figures to whoever drives the browser. Knows no database.

import type { PageFigures, PageSize, PageTask } from './page-task.ts'

interface Measured {
  measureUserAgentSpecificMemory(): Promise<{ readonly bytes: number }>
}

/** `done`: the figures, and what is still shown then, which counts as memory in use. */
export function runPage(work: (task: PageTask) => Promise<PageFigures>): void {
  const task = JSON.parse(decodeURIComponent(location.hash.slice(1))) as PageTask
  const size = async (): Promise<PageSize> => {
    const { bytes } = await (performance as unknown as Measured).measureUserAgentSpecificMemory()
    const { usage = 0 } = await navigator.storage.estimate()
    return { memoryBytes: bytes, storedBytes: usage }
  }
  Object.assign(globalThis, { benchPage: { figures: work(task), size } })
}

/** Reads what a list would show of each product, so that nothing is left to be made later; returns how many there are. */
export function readProducts(
  products: readonly {
    readonly title: string
    readonly variants: readonly { readonly price: { readonly amount: string } }[]
  }[],
): number {
  let characters = 0
  for (const { title, variants } of products) characters += title.length + (variants[0]?.price.amount.length ?? 0)
  if (products.length > 0 && characters === 0) throw new Error('the products say nothing')
  return products.length
}
