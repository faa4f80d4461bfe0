// A region is taken out by the command, where the regions have keys of operators: with real processes, as `causeway dev
// --operator-key` starts them, and a gateway in front.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cannotStart, causeway, causewayWhile, type Development, startDevelopment } from '../support/development.ts'

let development: Development
beforeAll(async () => {
  if (cannotStart === null) development = await startDevelopment('--operator-key')
}, 180_000)
afterAll(async () => {
  await development?.stop()
}, 60_000)

describe.skipIf(cannotStart !== null)(
  `a retire that takes an order${cannotStart === null ? '' : ` (skipped: ${cannotStart})`}`,
  () => {
    it('S7 C6: is refused without a key or with a stranger’s, says what is signed, and is done with an operator’s', async () => {
      const { gateway, directory } = development
      const retire = (...more: readonly string[]) => causeway('retire', 'us-east-1', '--url', gateway, '--yes', ...more)
      const without = await retire()
      expect(without).toMatchObject({ code: 1, output: expect.stringContaining('say --operator-key FILE') })
      const stranger = join(directory, 'stranger.pem')
      await causeway('operator-key', '--out', stranger)
      const wrong = await retire('--operator-key', stranger)
      expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining('add it to cluster.operatorKeys') })
      const key = join(directory, 'operator.pem')
      const printing = ['retire', 'us-east-1', '--url', gateway, '--operator-key', key, '--print-order']
      const printed = await causewayWhile(printing)
      expect(JSON.parse(printed.output)).toMatchObject({ region: 'us-east-1', overrides: false, cluster: 'causeway' })
      const done = await retire('--operator-key', key, '--by', 'ap-south-1')
      expect(done.output).toContain('taken up by   ap-south-1')
      expect(done.output).toContain('us-east-1 is retired')
      expect(done.code).toBe(0)
    }, 120_000)
  },
)
