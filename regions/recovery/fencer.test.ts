import { expect, it } from 'vitest'
import { Fencer, type FencerSetting } from './fencer.ts'

/** eu has a word to say about ap, and puts it off for as long as `limits` say so. */
function fencerOf(limits: { putOff: { waitsFor: string[]; through: string[] } | null }) {
  const alarms: (() => void)[] = []
  const [told, ran]: [string[], string[]] = [[], []]
  const pending = [{ target: { region: 'ap', before: null }, key: 'ap', missing: ['eu', 'us'] }]
  const fences = { decided: [], pending, open: pending, members: ['ap', 'eu', 'us'] }
  const setting = {
    region: 'eu',
    head: () => ({ origin: 'eu' }),
    membership: { end: null, isApart: false, limits, fencing: { log: { retires: [{}] }, fences, estate: [] } },
    ports: {
      timers: { after: (_: number, ring: () => void) => alarms.push(ring) && (() => undefined) },
      logger: { warn: (_: object, text: string) => told.push(text) },
    },
    run: ({ name }: { name: string }) => {
      ran.push(name)
      pending.length = 0
      return Promise.resolve()
    },
  } as unknown as FencerSetting
  const ring = () => {
    for (const one of alarms.splice(0)) one()
  }
  return { fencer: new Fencer(setting), ring, told, ran }
}

it('S7 W8: a word that is put off for long is told in the log once, with what to do, and said when it is put off no more', async () => {
  const limits: Parameters<typeof fencerOf>[0] = { putOff: { waitsFor: ['us'], through: ['ap'] } }
  const { fencer, ring, told, ran } = fencerOf(limits)
  fencer.start()
  expect(told).toEqual([])
  for (const _ of [1, 2, 3]) ring()
  expect(told).toEqual([
    'eu says its word after that of us, which ap alone can bring it: start ap, or, if that is lost for good, retire us in eu with override',
  ])
  expect(ran).toEqual([])
  limits.putOff = null
  ring()
  await Promise.resolve()
  expect(ran).toEqual(['sayFenced'])
})
