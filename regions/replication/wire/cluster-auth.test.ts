import { describe, expect, it } from 'vitest'
import { type Credential, CredentialChecker, isAnswer, makeAnswer, makeCredential } from './cluster-auth.ts'

const versions = { oldest: 8, newest: 12 }
const startMs = 1_764_000_000_000
const minuteMs = 60_000

function credentialOf({ secret = 'the secret', peer = 'us', atMs = startMs, nonce = 7 } = {}): Credential {
  const ports = { clock: { now: () => atMs }, random: { bytes: () => Uint8Array.of(nonce), unit: () => 0 } }
  return makeCredential({ secret, region: 'eu', peer, versions, ports })
}

const checkerAt = (nowMs: number) =>
  new CredentialChecker({ secret: 'the secret', region: 'us', versions, clock: { now: () => nowMs } })

describe('a region that shows its credential', () => {
  it('is taken, and knows the other side by its answer', () => {
    const credential = credentialOf()
    expect(checkerAt(startMs).check(credential)).toEqual({ ok: true, credential, version: 12 })
    expect(isAnswer('the secret', credential, makeAnswer('the secret', credential, 12))).toBe(true)
    expect(isAnswer('the secret', credential, makeAnswer('another', credential, 12))).toBe(false)
    expect(isAnswer('the secret', credential, makeAnswer('the secret', credential, 13))).toBe(false)
  })

  it('C7: is refused where its clock is more than five minutes off, either way, and told by how much', () => {
    for (const offMs of [-5 * minuteMs, 5 * minuteMs])
      expect(checkerAt(startMs).check(credentialOf({ atMs: startMs + offMs })).ok).toBe(true)
    for (const offMs of [-5 * minuteMs - 1, 5 * minuteMs + 1, 60 * minuteMs])
      expect(checkerAt(startMs).check(credentialOf({ atMs: startMs + offMs }))).toEqual({
        ...{ ok: false, code: 'FORBIDDEN' },
        reason: `the clock of eu is off by ${offMs} ms from ours`,
      })
  })

  it('is refused the second time that the same one comes: somebody has listened', () => {
    const checker = checkerAt(startMs)
    expect(checker.check(credentialOf()).ok).toBe(true)
    expect(checker.check(credentialOf())).toMatchObject({ ok: false, reason: 'a credential of eu came twice' })
    expect(checker.check(credentialOf({ nonce: 8 })).ok).toBe(true)
  })

  it('is refused under another secret, for another region, changed on the way, or without any', () => {
    const checker = checkerAt(startMs)
    const refused = [
      credentialOf({ secret: 'another' }),
      credentialOf({ peer: 'ap' }),
      { ...credentialOf(), region: 'ap' },
      { ...credentialOf(), timestamp: startMs + 1 },
      null,
    ]
    for (const offered of refused) expect(checker.check(offered)).toMatchObject({ ok: false, code: 'FORBIDDEN' })
    // None of them used up the nonce of the true one.
    expect(checker.check(credentialOf()).ok).toBe(true)
  })
})
