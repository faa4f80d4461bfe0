import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { policyNamed, policyOf } from '@causeway/schema/documents/conflicts/custom'
import { registerPolicies } from '@causeway/schema/documents/conflicts/register-policies'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { loadPolicies } from './policies.ts'

const folder = mkdtempSync(join(tmpdir(), 'causeway-policies-'))
const configuration = join(folder, 'causeway.json')
const write = (name: string, text: string) => writeFileSync(join(folder, name), text)

afterEach(() => registerPolicies([]))
afterAll(() => rmSync(folder, { recursive: true }))

describe('custom policies of a configuration', () => {
  it('M1: are registered from the modules that it names, the last version for new values', async () => {
    write(
      'titles.mjs',
      `const settle = (facts) => facts[0].value
       export const policies = [
         { kind: 'product', field: 'title', name: 'first-title@1', settle },
         { kind: 'product', field: 'title', name: 'first-title@2', settle },
       ]`,
    )
    await loadPolicies(['./titles.mjs'], configuration)
    expect(policyOf('product', 'fields', 'title')).toBe('first-title@2')
    expect(policyNamed('first-title@1')?.field).toBe('title')
    expect(policyOf('product', 'fields', 'description')).toBeUndefined()
  })

  it('stop the start with the file and the reason where they cannot be used', async () => {
    await expect(loadPolicies(['./none.mjs'], configuration)).rejects.toThrow('none.mjs cannot be loaded')
    write('empty.mjs', 'export const policies = [{ kind: 1 }]')
    await expect(loadPolicies(['./empty.mjs'], configuration)).rejects.toThrow('must export `policies`')
    write('order.mjs', `export const policies = [{ kind: 'order', field: 'a', name: 'a@1', settle: () => 1 }]`)
    await expect(loadPolicies(['./order.mjs'], configuration)).rejects.toThrow('it holds facts')
  })
})
