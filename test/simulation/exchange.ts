// One request to one node and its answer, over a wire that may lose either: what a gateway's attempt travels in. Knows
// neither who asks nor what.

import type { VirtualProcess } from './virtual-process.ts'

/** `reached` is false where the node cannot have seen the request. */
export class Unreached extends Error {
  readonly reached: boolean
  constructor(reached: boolean) {
    super(reached ? 'broke the connection' : 'refuses connections')
    this.name = 'Unreached'
    this.reached = reached
  }
}

export interface ExchangeSetting {
  /** The node that takes the request; undefined while none is there. */
  readonly accept: () => VirtualProcess | undefined
  /** Carries something there, or back; never calls where it is lost. */
  readonly out: (arrive: () => void) => void
  readonly back: (arrive: () => void) => void
  /** The request comes twice. */
  readonly repeats: () => boolean
  readonly onEnd: () => void
}

export class Exchange {
  readonly #setting: ExchangeSetting
  #process: VirtualProcess | undefined
  #reject: ((error: unknown) => void) | null = null

  constructor(setting: ExchangeSetting) {
    this.#setting = setting
  }

  /** Where it is being answered. */
  get process(): VirtualProcess | undefined {
    return this.#process
  }

  run<Answer>(serve: (process: VirtualProcess) => Promise<Answer>): Promise<Answer> {
    const { accept, out, back, repeats } = this.#setting
    return new Promise((resolve, reject) => {
      this.#reject = reject
      out(() => {
        const process = accept()
        this.#process = process
        if (process === undefined) {
          back(() => this.#end(() => reject(new Unreached(false))))
          return
        }
        const answer = () =>
          serve(process).then(
            (value) => back(() => this.#end(() => resolve(value))),
            (error: unknown) => back(() => this.#end(() => reject(error))),
          )
        process.do(() => void answer())
        if (repeats()) out(() => process.do(() => void serve(process).catch(() => {})))
      })
    })
  }

  /** The node is gone: who waits learns of it. */
  break(): void {
    this.#setting.back(() => this.#end(() => this.#reject?.(new Unreached(true))))
  }

  #end(settle: () => void): void {
    this.#setting.onEnd()
    settle()
  }
}
