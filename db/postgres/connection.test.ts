// What the engine makes of the driver: a constructor that it cannot optimize fills the old objects with dead statements.

import { setFlagsFromString } from 'node:v8'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../test-database.ts'
import { openSession, type Session } from './connection.ts'

setFlagsFromString('--allow-natives-syntax')

/** Has the engine optimize `made` when `make` calls it next, and tells whether it has. `optimized` is a bit of V8's. */
const optimizes = new Function(
  'made',
  'make',
  `const optimized = 16;
  %PrepareFunctionForOptimization(made);
  make();
  make();
  %OptimizeFunctionOnNextCall(made);
  make();
  return (%GetOptimizationStatus(made) & optimized) !== 0;`,
) as (made: unknown, make: () => unknown) => boolean

describe('a session with Postgres', () => {
  let database: TestDatabase
  let session: Session

  beforeEach(async () => {
    database = await testDatabase()
    session = await openSession(database.url, 'test')
  })
  afterEach(async () => {
    await session.end()
    await database.drop()
  })

  it('leaves no statement among the old objects: the engine can optimize how the driver makes one', () => {
    const make = () => session.sql`select 1`
    expect(optimizes(make().constructor, make)).toBe(true)
  })

  it('has the engine optimize how the driver makes a result', async () => {
    const result = await session.sql`select 1`
    const Result = result.constructor as new () => object
    expect(optimizes(Result, () => new Result())).toBe(true)
  })
})
