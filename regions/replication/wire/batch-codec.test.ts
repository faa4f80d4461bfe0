import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCommits, encodeCommits } from './batch-codec.ts'

describe('bytes of a batch', () => {
  it('C5: any commits come out as they went in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 20 }), async (commits) => {
        expect(await decodeCommits(await encodeCommits(commits))).toEqual(commits)
      }),
      { numRuns: 200 },
    )
  })

  it('C5: a large batch is compressed together', async () => {
    const commits = Array.from({ length: 500 }, (_, index) =>
      new TextEncoder().encode(`order.placed:order-${index}`.repeat(10)),
    )
    const packed = await encodeCommits(commits)
    expect(packed.length).toBeLessThan(0.1 * commits.reduce((bytes, commit) => bytes + commit.length, 0))
    expect(await decodeCommits(packed)).toEqual(commits)
  })

  it('what cannot be unpacked is told from what can', async () => {
    await expect(decodeCommits(Uint8Array.of(7, 1, 2))).rejects.toThrow(/unknown flag/)
    await expect(decodeCommits(Uint8Array.of(1, 255, 255))).rejects.toThrow(/cannot be unpacked/)
    await expect(decodeCommits(Uint8Array.of(0, 0, 0, 0, 9, 1))).rejects.toThrow(/within a commit/)
    await expect(decodeCommits(Uint8Array.of(0, 0, 0))).rejects.toThrow(/within a length/)
  })
})
