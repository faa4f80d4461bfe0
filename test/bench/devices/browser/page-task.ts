// What a page of the device bench is asked to do, and what it says when it is done. The task is in the page's address, so that its
// times count from the navigation: the app's scripts, its WebAssembly and the opening of its storage are in them. Knows no database.

export type PageTask =
  /** From an empty storage until all is durable. `from`: where the products come from. */
  | { readonly do: 'load'; readonly from: string; readonly documents: number; readonly way?: RxdbWay }
  /** From what an earlier page has stored, with nobody to ask. */
  | { readonly do: 'render'; readonly way?: RxdbWay }
  /** Changes of carts, one after another, each durable. */
  | { readonly do: 'write'; readonly count: number; readonly way?: RxdbWay }

/** How the page on RxDB goes about it; the SDK's has one way. */
export interface RxdbWay {
  /** Of each transaction of IndexedDB. */
  readonly durability: 'strict' | 'default'
  /** Its plugin for replication, a batch at a time, or one answer that is inserted at once and never followed. */
  readonly by: 'replication' | 'insert'
}

export interface PageFigures {
  readonly ms?: number
  readonly firstMs?: number
  readonly allMs?: number
  readonly times?: readonly number[]
  /** How many documents the list has now. */
  readonly documents: number
}

/** What the page measures of itself once it is done, with everything still open and shown. */
export interface PageSize {
  readonly memoryBytes: number
  readonly storedBytes: number
}
