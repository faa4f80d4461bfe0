// The device's own part of a lease: it sells within its units and its time whatever its user does to the clock, and what it
// writes is a chain that any region can check.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SmallDevice, smallCheck } from '../../documents/testing/small-device.ts'
import { anchorTime, confirmEntries, driftMs, entriesFrom, maximumSales, unitsLeft } from './device.ts'
import { findEntryFlaw, hashEntry, type LeaseEntry, maximumEntries, readEntry, writeEntry } from './entry.ts'

const hour = 3_600_000
const opensAt = 1_700_000_000_000
const lent = { id: `lease-${'a'.repeat(26)}`, sku: 'mug', quantity: 10, opensAt, expiresAt: opensAt + hour }

describe('a device with a lease', () => {
  it('S6: sells no more than it was lent', () => {
    const device = SmallDevice.of('till', lent)
    expect(device.sell('o1', 7)).toBeNull()
    expect(device.sell('o2', 4)).toMatchObject({ refused: 'OUT_OF_STOCK' })
    expect(device.sell('o2', 3)).toBeNull()
    expect(unitsLeft(device.lease)).toBe(0)
  })

  it('S6: stops when the lease expires by the time it believes, less what its clock may drift', () => {
    const device = SmallDevice.of('till', lent)
    device.passes(hour - driftMs - 1)
    expect(device.sell('o1', 1)).toBeNull()
    device.passes(1)
    expect(device.sell('o2', 1)).toMatchObject({ refused: 'LEASE_EXPIRED' })
  })

  it('S6: setting the clock back or forward while the device runs changes nothing', () => {
    const device = SmallDevice.of('till', lent)
    device.reading = { ...device.reading, wallMs: opensAt + 50 * hour }
    expect(device.sell('o1', 1)).toBeNull()
    device.passes(hour)
    device.reading = { ...device.reading, wallMs: opensAt - 50 * hour }
    expect(device.sell('o2', 1)).toMatchObject({ refused: 'LEASE_EXPIRED' })
  })

  it('S6: a clock set back over a restart stops the sale until the device has synced', () => {
    const device = SmallDevice.of('till', lent)
    device.passes(hour / 2)
    expect(device.sell('o1', 1)).toBeNull()
    device.reading = { wallMs: opensAt + hour / 4, uptimeMs: 5, boot: 'second' }
    expect(device.sell('o2', 1)).toMatchObject({ refused: 'CLOCK_SET_BACK' })
    device.lease = anchorTime(device.lease, opensAt + (3 * hour) / 4, device.reading)
    expect(device.sell('o2', 1)).toBeNull()
  })

  it('S6: a clock set forward over a restart ends the lease early, never late', () => {
    const device = SmallDevice.of('till', lent)
    device.reading = { wallMs: opensAt + 2 * hour, uptimeMs: 5, boot: 'second' }
    expect(device.sell('o1', 1)).toMatchObject({ refused: 'LEASE_EXPIRED' })
  })

  it('S6: a clock that is always wrong by the same counts for right, over a restart, too', () => {
    const device = SmallDevice.of('till', lent)
    device.reading = { ...device.reading, wallMs: opensAt - 50 * hour }
    device.lease = anchorTime(device.lease, opensAt, device.reading)
    device.reading = { wallMs: device.reading.wallMs + hour / 2, uptimeMs: 0, boot: 'second' }
    expect(device.sell('o1', 1)).toBeNull()
    device.reading = { wallMs: device.reading.wallMs + hour / 2, uptimeMs: 0, boot: 'third' }
    expect(device.sell('o2', 1)).toMatchObject({ refused: 'LEASE_EXPIRED' })
  })

  it('S6: takes back what one order held, once, and closes once', () => {
    const device = SmallDevice.of('till', lent)
    device.sell('o1', 4)
    device.sell('o2', 4)
    expect(device.takeBack('o1')).toBeNull()
    expect(device.takeBack('o1')).toMatchObject({ refused: 'INVALID' })
    expect(unitsLeft(device.lease)).toBe(6)
    expect(device.close()).toBeNull()
    expect(device.close()).toMatchObject({ refused: 'CLOSED' })
    expect(device.sell('o3', 1)).toMatchObject({ refused: 'CLOSED' })
  })

  it('S6: a chain that is nearly full can still take back and close', () => {
    const device = SmallDevice.of('till', { ...lent, quantity: 10 * maximumEntries })
    for (let number = 1; number <= maximumSales; number++) expect(device.sell(`o${number}`, 1)).toBeNull()
    expect(device.sell('one-more', 1)).toMatchObject({ refused: 'LIMIT_EXCEEDED' })
    expect(device.takeBack('o1')).toBeNull()
    expect(device.close()).toBeNull()
  })

  it('sends what no region is known to hold, and what one asks for', () => {
    const device = SmallDevice.of('till', lent)
    for (const order of ['o1', 'o2', 'o3']) device.sell(order, 1)
    device.lease = confirmEntries(device.lease, 2)
    expect(entriesFrom(device.lease)).toEqual(device.lease.chain.slice(2))
    expect(entriesFrom(device.lease, 1)).toEqual(device.lease.chain)
    device.lease = confirmEntries(device.lease, 3)
    expect(entriesFrom(device.lease)).toEqual(device.lease.chain.slice(2))
  })
})

const step = fc.record({
  do: fc.constantFrom('sell', 'sell', 'sell', 'back', 'pass', 'set', 'restart', 'sync', 'close'),
  units: fc.integer({ min: 1, max: 5 }),
  order: fc.nat(6),
  ms: fc.integer({ min: -2 * hour, max: 2 * hour }),
})

describe('any use of a device', () => {
  it('S6: makes a chain of entries that follow, within units and time', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const device = SmallDevice.of('till', lent)
        let real = opensAt
        for (const [index, { do: what, units, order, ms }] of steps.entries()) {
          const { uptimeMs, wallMs, boot } = device.reading
          if (what === 'sell') device.sell(`o${order}`, units)
          if (what === 'back') device.takeBack(`o${order}`)
          if (what === 'close') device.close()
          if (what === 'pass') {
            device.passes(Math.abs(ms))
            real += Math.abs(ms)
          }
          if (what === 'set') device.reading = { uptimeMs, boot, wallMs: wallMs + ms }
          if (what === 'restart') device.reading = { uptimeMs: 0, boot: `boot ${index}`, wallMs }
          if (what === 'sync') device.lease = anchorTime(device.lease, real, device.reading)
        }
        let before: LeaseEntry | null = null
        for (const { payload } of device.lease.chain) {
          const entry = readEntry(payload)
          expect(findEntryFlaw(before, entry, lent.quantity)).toBeNull()
          if (entry.step === 'sale') expect(entry.at).toBeLessThan(lent.expiresAt - driftMs)
          if (before !== null) expect(entry.previous).toBe(hashEntry(writeEntry(before), smallCheck.sha256))
          before = entry
        }
      }),
      { numRuns: 300 },
    )
  })

  it('an entry has one text: anything else is refused', () => {
    const device = SmallDevice.of('till', lent)
    device.sell('o1', 1)
    const payload = device.lease.chain[0]?.payload ?? ''
    expect(writeEntry(readEntry(payload))).toBe(payload)
    for (const wrong of [
      ` ${payload}`,
      payload.replace('"number":1', '"number":1.0'),
      payload.replace('}', ',"x":1}'),
      '{}',
      '',
    ])
      expect(() => readEntry(wrong)).toThrow('cannot be read')
  })
})
