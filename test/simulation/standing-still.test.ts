// Nodes that stand still, as on a machine that is too busy for all of them: what they did not hear meanwhile says nothing of
// their peers.

import { expect, it } from 'vitest'
import { LogRegion } from './log-region.ts'
import { VirtualNetwork } from './network.ts'
import { SeededRandom } from './random.ts'
import { VirtualProcess } from './virtual-process.ts'
import { VirtualTime } from './virtual-time.ts'

function pair() {
  const time = new VirtualTime()
  const random = new SeededRandom(1)
  const network = new VirtualNetwork({ time, random: random.fork('network') })
  const regions = (['eu', 'us'] as const).map((id, index, ids) => {
    const process = new VirtualProcess(id)
    const shared = { id, peers: [ids[1 - index] ?? id], time, network, random, process }
    return { process, region: new LogRegion({ ...shared, secondLines: 'never' }) }
  })
  for (const { region } of regions) region.links.start()
  const [eu, us] = regions
  if (eu === undefined || us === undefined) throw new Error('two regions')
  return { time, eu, us, link: () => us.region.links.status()[0] }
}

it('C5: two regions of one busy machine stand still, one for longer, and neither takes the other for gone', async () => {
  const { time, eu, us, link } = pair()
  await time.runFor(1_500)
  for (let round = 0; round < 3; round += 1) {
    eu.process.pause()
    us.process.pause()
    await time.runFor(4_000)
    us.process.resume()
    await time.runFor(2_000)
    eu.process.resume()
    await time.runFor(1_500)
  }
  expect(link()).toMatchObject({ connected: true, counts: { breaks: 0, failures: 0 } })
  await eu.region.write()
  await time.runUntil('us has it', () => us.region.frontier.eu === 1, 200)
})

it('C5: a peer that is gone is found soon after, though this region had stood still itself', async () => {
  const { time, eu, us, link } = pair()
  await time.runFor(1_500)
  us.process.pause()
  await time.runFor(4_000)
  us.process.resume()
  eu.process.pause()
  expect(await time.runUntil('us knows that eu is gone', () => link()?.connected === false, 30_000)).toBeLessThan(8_000)
})
