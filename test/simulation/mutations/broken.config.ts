// Runs tests on sources of which one is broken on purpose: the mutation is named by MUTATION. Else as vitest.config.ts.

import { defineConfig } from 'vitest/config'
import { changedSources } from '../run/bundle.ts'
import { mutations } from './all.ts'

const mutation = mutations.find(({ id }) => id === process.env.MUTATION)
if (mutation === undefined) throw new Error(`no mutation is called ${process.env.MUTATION}`)
const sources = await changedSources(mutation.replacements)

export default defineConfig({
  plugins: [{ name: 'changed sources', enforce: 'pre', load: (id: string) => sources.get(id) ?? null }],
  resolve: { conditions: ['source'], alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  ssr: { resolve: { conditions: ['source'] } },
  test: { globalSetup: ['test/postgres.setup.ts'], testTimeout: 30_000, hookTimeout: 60_000, maxWorkers: 2 },
})
