import { describe, expect, it } from 'vitest'
import { words } from './retire.ts'

describe('what causeway retire says before it is done', () => {
  it('names what nobody can ask the region for once it has left', () => {
    const said = words({ id: 'eu', state: 'HEALTHY', openIncidents: 2 }, false)
    expect(said).toContain('Nobody can ask it for its 2 open incidents then: look first')
    expect(said).toContain('causeway-region: eu')
    expect(words({ id: 'eu', state: 'UNREACHABLE', openIncidents: null }, false)).not.toContain('incident')
  })
})
