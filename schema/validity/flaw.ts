// What is wrong with a commit that is signed as it should be: the rule that it breaks, and how. And the small checks of
// shape that all rules need. Knows no commit.

/** `rule` is an id of docs/SPEC.md. */
export interface Flaw {
  readonly rule: string
  readonly reason: string
}

export function flaw(rule: string, reason: string): Flaw {
  return { rule, reason: reason.slice(0, 500) }
}

/** What no database column and no document can hold. */
const unstorable = /\0|\p{Surrogate}/u

/** Beyond it, sums of cells would leave the whole numbers that JavaScript counts exactly. */
export const maximumUnits = 2 ** 46

export function isText(value: unknown, most: number, least = 1): value is string {
  return typeof value === 'string' && value.length >= least && value.length <= most && !unstorable.test(value)
}

export function isTextOrNull(value: unknown, most: number): boolean {
  return value === null || isText(value, most, 0)
}

export function isUnits(value: unknown, least = 0): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= maximumUnits
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isListOf(value: unknown, most: number, fits: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= most && value.every(fits)
}

/** An object whose every value fits; its names are texts. */
export function isRecordOf(value: unknown, fits: (item: unknown) => boolean): boolean {
  return isObject(value) && Object.entries(value).every(([name, item]) => isText(name, 512) && fits(item))
}

export const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
