// Runs a subscription so that every `next` carries its own token: the library's own loop has no place for one.

import { encodeToken } from '@causeway/schema/clock/causal-token'
import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute, GraphQLError } from 'graphql'
import type { RequestContext } from '../context.ts'
import type { Emission } from './stream.ts'

export type Answers = AsyncIterableIterator<ExecutionResult>

/** `args.contextValue` is a RequestContext. The stream ends with one answer that holds the error, where it fails. */
export async function subscribeWithTokens(args: ExecutionArgs): Promise<ExecutionResult | Answers> {
  const context = args.contextValue as RequestContext
  const source = await context.settling(() => createSourceEventStream(args))
  if (!(Symbol.asyncIterator in source)) return source
  const emissions = source[Symbol.asyncIterator]() as AsyncIterator<Emission<unknown>>
  let failed = false
  const next = async (): Promise<IteratorResult<ExecutionResult>> => {
    if (failed) return { done: true, value: undefined }
    try {
      const emission = await emissions.next()
      if (emission.done === true) return { done: true, value: undefined }
      const own = context.renew()
      const result = await own.settling(() => execute({ ...args, rootValue: emission.value, contextValue: own }))
      const causeway = { token: emission.value.cursor ?? encodeToken(emission.value.token), region: context.region.id }
      return { done: false, value: { ...result, extensions: { causeway } } }
    } catch (error) {
      failed = true
      await emissions.return?.()
      const originalError = error instanceof Error ? error : new Error(String(error))
      const fault = error instanceof GraphQLError ? error : new GraphQLError(originalError.message, { originalError })
      return { done: false, value: { errors: [fault] } }
    }
  }
  const answers: Answers = {
    [Symbol.asyncIterator]: () => answers,
    next,
    async return() {
      await emissions.return?.()
      return { done: true, value: undefined }
    },
  }
  return answers
}
