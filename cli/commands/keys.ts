// `causeway keys ID` and `causeway operator-key`: the key pair that a region signs commits with, or an operator orders, as a file
// that only its owner may read, and the public key for the configuration.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isRegionId } from '@causeway/schema/clock/origin'
import { type Command, InvalidArgumentError } from 'commander'
import { codeOf, Failure, messageOf } from '../failure.ts'

interface KeysOptions {
  readonly out?: string
  readonly json?: true
}

export function readRegionId(text: string): string {
  if (isRegionId(text)) return text
  throw new InvalidArgumentError('A region id is lower-case letters, digits and dashes, at most 63.')
}

/** A private key in a file that only its owner may read; answers the public one. */
async function makeKeyFile(file: string): Promise<string> {
  const { generateSigningKey } = await import('@causeway/regions/crypto')
  const { privateKeyPem, publicKey } = generateSigningKey()
  try {
    await mkdir(dirname(resolve(file)), { recursive: true })
    await writeFile(file, privateKeyPem, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    // A key that was overwritten would leave what it has signed without anyone who can prove it.
    if (codeOf(error) === 'EEXIST')
      throw new Failure(`${file} exists already; remove it first, or choose another with --out`)
    throw new Failure(`cannot write ${file}: ${messageOf(error)}`)
  }
  return publicKey
}

export function addKeysCommand(program: Command): void {
  program
    .command('keys')
    .description("make a region's signing key pair and print its public key")
    .argument('<id>', "the region's id", readRegionId)
    .option('--out <file>', 'where the private key goes (default: keys/ID.pem)')
    .option('--json', 'print JSON')
    .action(async (id: string, options: KeysOptions) => {
      const file = options.out ?? `keys/${id}.pem`
      const publicKey = await makeKeyFile(file)
      if (options.json === true) {
        process.stdout.write(`${JSON.stringify({ region: id, signingKeyFile: file, publicKey })}\n`)
        return
      }
      process.stdout.write(`private key: ${file} (keep it secret)\npublic key:  ${publicKey}\n\n`)
      process.stdout.write('In the configuration, in this region:\n')
      process.stdout.write(
        `  "signingKeyFile": ${JSON.stringify(file)}, "publicKeys": [${JSON.stringify(publicKey)}]\n`,
      )
      process.stdout.write('To change a key, add it to the publicKeys that stand there, everywhere, before it signs.\n')
    })
}

export function addOperatorKeyCommand(program: Command): void {
  program
    .command('operator-key')
    .description("make an operator's key pair, to sign orders with, and print its public key")
    .option('--out <file>', 'where the private key goes', 'keys/operator.pem')
    .option('--json', 'print JSON')
    .action(async ({ out: file, json }: Required<Pick<KeysOptions, 'out'>> & KeysOptions) => {
      const publicKey = await makeKeyFile(file)
      if (json === true) {
        process.stdout.write(`${JSON.stringify({ operatorKeyFile: file, publicKey })}\n`)
        return
      }
      process.stdout.write(
        `private key: ${file} (keep it secret, and off the regions' machines)\npublic key:  ${publicKey}\n\n`,
      )
      process.stdout.write('In the configuration of every region, in "cluster", beside other operators\' keys:\n')
      process.stdout.write(`  "operatorKeys": [${JSON.stringify(publicKey)}]\n`)
      process.stdout.write(`Once all are started with it: causeway retire REGION --operator-key ${file}\n`)
    })
}
