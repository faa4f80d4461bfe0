import { expect, it } from 'vitest'
import { firstStable } from './first-stable.ts'

const at = (origin: string, wallMs: number) => ({ origin, time: { wallMs, counter: 0 } })

/** A region whose log at hand has two commits of us and one of ap, behind a snapshot that went to 4 of us. */
function regionWith(stable: Readonly<Record<string, number>>) {
  const log = new Map([
    ['us 7', 6],
    ['us 9', 8],
    ['ap 7', 3],
  ])
  return {
    store: {
      history: {
        sequenceAt: async ({ origin, time }: ReturnType<typeof at>) => log.get(`${origin} ${time.wallMs}`) ?? null,
        floor: async () => ({ position: 9, vector: { us: 4 }, place: null }),
      },
    },
    progress: {
      stable: async ({ origin, sequence }: { readonly origin: string; readonly sequence: number }) =>
        (stable[origin] ?? 0) >= sequence,
    },
  } as unknown as Parameters<typeof firstStable>[0]
}

it('S6: of the commits that may settle something the first that every member is known to have is taken, and none before', async () => {
  const places = [at('us', 9), at('us', 7), at('ap', 7)]
  expect(await firstStable(regionWith({ us: 5, ap: 2 }), places)).toBeNull()
  expect(await firstStable(regionWith({ us: 5, ap: 3 }), places)).toEqual(at('ap', 7))
  expect(await firstStable(regionWith({ us: 7, ap: 3 }), places)).toEqual(at('us', 7))
})

it('S6 C10: one that came in a snapshot waits for all that the snapshot had of its origin', async () => {
  const places = [at('us', 2)]
  expect(await firstStable(regionWith({ us: 3 }), places)).toBeNull()
  expect(await firstStable(regionWith({ us: 4 }), places)).toEqual(at('us', 2))
})
