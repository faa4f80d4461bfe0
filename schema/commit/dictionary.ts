// Strings that repeat within one section of a commit: spelled out once, named by number after. Knows only strings.

import type { ByteReader, ByteWriter } from './bytes.ts'

/** Writes 0 and the string the first time, its number from 1 every later time. */
export class DictionaryWriter {
  readonly #numbers = new Map<string, number>()

  write(writer: ByteWriter, text: string): void {
    const number = this.#numbers.get(text)
    if (number !== undefined) {
      writer.varint(number)
      return
    }
    this.#numbers.set(text, this.#numbers.size + 1)
    writer.byte(0)
    writer.text(text)
  }
}

export class DictionaryReader {
  readonly #texts: string[] = []

  read(reader: ByteReader): string {
    const number = reader.varint()
    if (number > 0) {
      const known = this.#texts[number - 1]
      if (known === undefined) throw reader.malformed(`string ${number} of ${this.#texts.length}`)
      return known
    }
    const text = reader.text()
    this.#texts.push(text)
    return text
  }
}
