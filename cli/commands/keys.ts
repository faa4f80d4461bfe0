// `causeway keys ID`: a region's signing key pair as a file that only its owner may read, and the public key for the
// configuration.

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

export function addKeysCommand(program: Command): void {
  program
    .command('keys')
    .description("make a region's signing key pair and print its public key")
    .argument('<id>', "the region's id", readRegionId)
    .option('--out <file>', 'where the private key goes (default: keys/ID.pem)')
    .option('--json', 'print JSON')
    .action(async (id: string, options: KeysOptions) => {
      const { generateSigningKey } = await import('@causeway/regions/crypto')
      const file = options.out ?? `keys/${id}.pem`
      const { privateKeyPem, publicKey } = generateSigningKey()
      try {
        await mkdir(dirname(resolve(file)), { recursive: true })
        await writeFile(file, privateKeyPem, { flag: 'wx', mode: 0o600 })
      } catch (error) {
        // A key that was overwritten would leave the region's commits without anyone who can prove them.
        if (codeOf(error) === 'EEXIST')
          throw new Failure(`${file} exists already; remove it first, or choose another with --out`)
        throw new Failure(`cannot write ${file}: ${messageOf(error)}`)
      }
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
