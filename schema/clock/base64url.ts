// Base64url without padding (RFC 4648, section 5), for platforms with and without Buffer. Refuses non-canonical text.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const invalid = 0xff
const values = new Uint8Array(128).fill(invalid)
for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value

export function encodeBase64url(bytes: Uint8Array): string {
  let text = ''
  for (let start = 0; start < bytes.length; start += 3) {
    const group = ((bytes[start] ?? 0) << 16) | ((bytes[start + 1] ?? 0) << 8) | (bytes[start + 2] ?? 0)
    const characters = Math.min(3, bytes.length - start) + 1
    for (let index = 0; index < characters; index++) text += alphabet.charAt((group >> (18 - 6 * index)) & 0x3f)
  }
  return text
}

/** Undefined where `text` is not what `encodeBase64url` writes. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const length = Math.floor((text.length * 3) / 4)
  if (text.length % 4 === 1) return undefined
  const bytes = new Uint8Array(length)
  let pending = 0
  let bits = 0
  let written = 0
  for (let index = 0; index < text.length; index++) {
    const value = values[text.charCodeAt(index)] ?? invalid
    if (value === invalid) return undefined
    pending = ((pending << 6) | value) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[written++] = pending >> bits
  }
  // Bits beyond the last byte are zero in the one canonical spelling.
  return (pending & ((1 << bits) - 1)) === 0 ? bytes : undefined
}
