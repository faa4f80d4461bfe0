// Bytes as hex digits and back, by table: hashes and actors pass here for every change of a document.

const pairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The value of each digit by its character code; what is no digit has none. */
const digits = Array.from({ length: 103 }, (_, code) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()),
)

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += pairs[byte]
  return text
}

/** Throws RangeError on an odd length or anything that is not hex. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2)
  for (let index = 0; index < bytes.length; index++) {
    const [high, low] = [digitAt(text, 2 * index), digitAt(text, 2 * index + 1)]
    bytes[index] = high * 16 + low
  }
  return bytes
}

function digitAt(text: string, place: number): number {
  const digit = digits[text.charCodeAt(place)] ?? -1
  if (digit < 0) throw new RangeError(`not hex: ${text.slice(0, 80)}`)
  return digit
}
