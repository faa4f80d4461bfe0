import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchPacker, BatchUnpacker, isCompressed } from './batch-codec.ts'

/** Batches of bytes that are no commits, and so are carried as they are; some batches are large. */
const batches = fc.array(fc.array(fc.uint8Array({ maxLength: 5_000, size: 'max' }), { maxLength: 8 }), { maxLength: 6 })

/** One text to compare: looking at a hundred thousand bytes one by one takes longer than packing them. */
const hex = (commits: readonly Uint8Array[]) => commits.map((bytes) => Buffer.from(bytes).toString('hex')).join()

const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => new TextEncoder().encode(`order.placed:order-${index}`.repeat(10)))

describe('bytes of a batch', () => {
  it('C5: the batches of a stream come out as they went in, small and large ones in turn', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (stream) => {
        const packer = new BatchPacker()
        const unpacker = new BatchUnpacker()
        for (const commits of stream) expect(hex(await unpacker.unpack(await packer.pack(commits)))).toBe(hex(commits))
      }),
      { numRuns: 100 },
    )
  })

  it('C5: a large batch is compressed once for all peers that stand at the same place', async () => {
    const commits = lines(500)
    const packed = await new BatchPacker().pack(commits)
    expect(isCompressed(packed)).toBe(true)
    expect(packed.length).toBeLessThan(0.1 * commits.reduce((bytes, commit) => bytes + commit.length, 0))
    expect(await new BatchPacker().pack([...commits])).toBe(packed)
    expect(await new BatchUnpacker().unpack(packed)).toEqual(commits)
  })

  it('what cannot be unpacked is told from what can', async () => {
    const unpacker = new BatchUnpacker()
    await expect(unpacker.unpack(Uint8Array.of(7, 1, 2))).rejects.toThrow(/unknown flag/)
    await expect(unpacker.unpack(Uint8Array.of(3, 255, 255))).rejects.toThrow(/cannot be unpacked/)
    await expect(unpacker.unpack(Uint8Array.of(0, 0, 9, 1))).rejects.toThrow(/9 bytes needed/)
    await expect(unpacker.unpack(Uint8Array.of(0, 4))).rejects.toThrow(/has not named/)
  })
})
