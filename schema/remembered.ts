// What is worked out of an input that never changes, worked out once: a command is asked what it reads and needs
// several times on its way.

/** `compute` with its answers remembered for as long as the input they are of. */
export function remembered<Input extends object, Result>(compute: (input: Input) => Result): (input: Input) => Result {
  const known = new WeakMap<Input, { readonly result: Result }>()
  return (input) => {
    const found = known.get(input)
    if (found !== undefined) return found.result
    const result = compute(input)
    known.set(input, { result })
    return result
  }
}
