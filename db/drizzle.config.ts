// Where drizzle-kit finds the tables and puts the migrations: `npm run db:generate` from the repository's root.

import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: './db/tables/*.ts',
  out: './db/migrations',
  migrations: { prefix: 'index' },
})
