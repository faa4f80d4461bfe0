// Loads the modules of custom policies that the configuration names, before the node reads or writes anything.

import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CustomPolicy } from '@causeway/schema/documents/conflicts/custom'
import { registerPolicies } from '@causeway/schema/documents/conflicts/register-policies'
import { z } from 'zod'
import { Failure, messageOf } from '../failure.ts'

const policy = z.object({
  kind: z.string(),
  field: z.string(),
  name: z.string(),
  settle: z.custom<CustomPolicy['settle']>((value) => typeof value === 'function', 'must be a function'),
})

const moduleShape = z.object({ policies: z.array(policy) })

/** `files` are relative to the configuration file; each exports `policies`. Throws Failure with the file and the reason. */
export async function loadPolicies(files: readonly string[], configurationFile: string): Promise<void> {
  const policies: CustomPolicy[] = []
  for (const file of files) policies.push(...(await readModule(resolve(dirname(configurationFile), file))))
  try {
    registerPolicies(policies)
  } catch (error) {
    throw new Failure(messageOf(error), { cause: error })
  }
}

async function readModule(path: string): Promise<readonly CustomPolicy[]> {
  let loaded: unknown
  try {
    loaded = await import(pathToFileURL(path).href)
  } catch (error) {
    throw new Failure(`the policies of ${path} cannot be loaded: ${messageOf(error)}`, { cause: error })
  }
  const read = moduleShape.safeParse(loaded)
  if (read.success) return read.data.policies
  const reasons = read.error.issues.map(({ path: place, message }) => `${place.join('.')} ${message}`)
  throw new Failure(`${path} must export \`policies\`, a list of { kind, field, name, settle }: ${reasons.join('; ')}`)
}
