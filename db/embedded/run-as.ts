// As whom Postgres runs. It refuses to run as root; where we are root it runs as the owner of its data, else as `nobody`.
// Where that user cannot reach the data (a folder that only root may enter), it keeps one capability of root's: to read and
// write whatever the file modes say. Knows no Postgres.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

export interface Identity {
  readonly uid: number
  readonly gid: number
}

export interface RunAs {
  /** Null: as whoever we are. */
  readonly identity: Identity | null
  /** Before the command and its arguments. */
  readonly prefix: readonly string[]
  /** The command must be copied to a place that the identity can reach. */
  readonly copyBinaries: boolean
}

const setprivPaths = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/local/bin/setpriv']

function nobody(): Identity {
  const entry = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))
  return entry === null ? { uid: 65_534, gid: 65_534 } : { uid: Number(entry[1]), gid: Number(entry[2]) }
}

/** True where every folder from the root to `path` lets the identity through. */
function canReach(path: string, { uid, gid }: Identity): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(folder)) {
      const stats = statSync(folder)
      const bit = stats.uid === uid ? 0o100 : stats.gid === gid ? 0o010 : 0o001
      if ((stats.mode & bit) === 0) return false
    }
    if (folder === dirname(folder)) return true
  }
}

function mayKeepCapability(): boolean {
  try {
    const held = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
    // Bit 1: CAP_DAC_OVERRIDE, which containers leave to their root.
    return (BigInt(`0x${held}`) & 2n) === 2n
  } catch {
    return false
  }
}

/** `directory` holds the data folder `data`, which may not exist yet; `native` the binaries. */
export function chooseRunAs(directory: string, data: string, native: string): RunAs {
  const isRoot = process.platform !== 'win32' && process.getuid?.() === 0
  if (!isRoot) return { identity: null, prefix: [], copyBinaries: false }
  const owner = existsSync(data) ? statSync(data) : undefined
  const identity = owner !== undefined && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : nobody()
  const dataReachable = canReach(directory, identity)
  if (dataReachable && canReach(native, identity)) return { identity, prefix: [], copyBinaries: false }
  const setpriv = setprivPaths.find((path) => existsSync(path))
  if (setpriv !== undefined && mayKeepCapability()) {
    const capability = '+dac_override'
    const user = [`--reuid=${identity.uid}`, `--regid=${identity.gid}`, '--clear-groups']
    // Without the secure bit access(2), with which Postgres looks at its own binaries, judges as if they were not kept.
    const kept = ['--securebits=+no_setuid_fixup', `--inh-caps=${capability}`, `--ambient-caps=${capability}`]
    return { identity, prefix: [setpriv, ...user, ...kept], copyBinaries: false }
  }
  if (dataReachable) return { identity, prefix: [], copyBinaries: true }
  throw new Error('Postgres does not run as root, and no other user can enter there')
}
