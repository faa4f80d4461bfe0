import { describe, expect, it } from 'vitest'
import { commonVersion, describeNoCommon } from './versions.ts'

describe('versions of what travels', () => {
  it('the newest that both know is spoken, whoever asks', () => {
    const old = { oldest: 3, newest: 3 }
    const newer = { oldest: 3, newest: 5 }
    const newest = { oldest: 5, newest: 6 }
    expect(commonVersion(old, newer)).toBe(3)
    expect(commonVersion(newer, old)).toBe(3)
    expect(commonVersion(newer, newest)).toBe(5)
    expect(commonVersion(old, newest)).toBeNull()
  })

  it('where there is none, the words say whose turn it is', () => {
    const words = describeNoCommon('eu-west-1', { oldest: 2, newest: 2 }, 'us-east-1', { oldest: 3, newest: 5 })
    expect(words).toBe('eu-west-1 speaks replication versions 2, us-east-1 3 to 5: upgrade eu-west-1 first')
  })
})
