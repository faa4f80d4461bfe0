import { defineConfig } from 'vitest/config'

// Tests run on the sources: the `source` condition of every room's exports points at its .ts files.
export default defineConfig({
  resolve: {
    conditions: ['source', 'node'],
    // The file that Node itself resolves: with the bundlers' one there would be two copies of GraphQL in a process.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  ssr: { resolve: { conditions: ['source', 'node'] } },
  test: {
    globalSetup: ['test/postgres.setup.ts'],
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
