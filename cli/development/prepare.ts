// Makes the data folder ready before any process starts, and finds what would make one fail: a folder that cannot be
// written, a port that is taken.

import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, Failure, messageOf } from '../failure.ts'
import { host, type Layout, makeConfiguration, ownNames, type Place } from './layout.ts'

const pollMs = 100

/** Removes the state; refuses where the folder holds anything that is not ours. The lock stays. */
export async function removeState(layout: Layout): Promise<void> {
  const known = new Set([...ownNames(), 'lock'])
  const foreign = (await readdir(layout.directory)).filter((name) => !known.has(name))
  if (foreign.length > 0) {
    throw new Failure(
      `--fresh will not empty ${layout.directory}: it holds ${foreign.slice(0, 3).join(', ')}, which is not Causeway's`,
    )
  }
  for (const name of ownNames()) await rm(join(layout.directory, name), { recursive: true, force: true })
}

/** The secret stays the same over restarts: regions recognise each other by it. So does the operator's key, where one is wanted. */
export async function writeConfiguration(layout: Layout, withOperatorKey = false): Promise<void> {
  await mkdir(layout.logDirectory, { recursive: true })
  const secret = await readSecret(layout.secretFile)
  const operatorKeys = withOperatorKey ? [await readOperatorKey(layout.operatorKeyFile)] : []
  const temporary = `${layout.configurationFile}.new`
  await writeFile(temporary, `${JSON.stringify(makeConfiguration(layout, secret, operatorKeys), null, 2)}\n`, {
    mode: 0o600,
  })
  await rename(temporary, layout.configurationFile)
}

/** Its public key. */
async function readOperatorKey(file: string): Promise<string> {
  const { generateSigningKey } = await import('@causeway/regions/crypto')
  const { operatorKeyOf } = await import('@causeway/regions/recovery/operators')
  try {
    return operatorKeyOf(await readFile(file, 'utf8'))
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  const { privateKeyPem, publicKey } = generateSigningKey()
  await writeFile(file, privateKeyPem, { mode: 0o600 })
  return publicKey
}

async function readSecret(file: string): Promise<string> {
  try {
    const secret = (await readFile(file, 'utf8')).trim()
    if (secret !== '') return secret
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  const secret = randomBytes(32).toString('base64url')
  await writeFile(file, `${secret}\n`, { mode: 0o600 })
  return secret
}

/** Gives what is still stopping up to `patienceMs` to let go of its port. */
export async function checkPorts(places: readonly Place[], patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (const { name, port } of places) {
    let problem = await tryToListen(port)
    while (problem === 'EADDRINUSE' && performance.now() < deadline) {
      await delay(pollMs)
      problem = await tryToListen(port)
    }
    if (problem === null) continue
    const reason = problem === 'EADDRINUSE' ? 'is in use' : `cannot be used (${problem})`
    throw new Failure(`port ${port} ${reason}; ${name} needs it. Choose other ports with --port`)
  }
}

function tryToListen(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(codeOf(error) ?? messageOf(error)))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}
