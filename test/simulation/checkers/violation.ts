// What a checker throws. A violation is a safety failure: something happened that must never happen. What should have
// happened and did not is a liveness failure, and another class.

export class Violation extends Error {
  /** Of docs/SPEC.md, or the name of a promise that has no id there. */
  readonly rule: string
  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`)
    this.name = 'Violation'
    this.rule = rule
  }
}

export class Stuck extends Error {
  constructor(message: string, options?: { cause: unknown }) {
    super(message, options)
    this.name = 'Stuck'
  }
}
