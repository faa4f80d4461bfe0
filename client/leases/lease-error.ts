// Why a lease was not taken, or a sale not made from one. Nothing was sold and nothing queued where this is thrown.

/**
 * `OFFLINE`: taking a lease needs a region. `UNSUPPORTED`: the platform cannot sign. `NOT_LEASED`: the leases on this device do not
 * hold what the order asks for. `NOT_KEPT`: a region has lent, and there was no room to keep it; it is taken up once there is some.
 * `LEASES_OPEN`: what is on the device is still lent to it. Any other code is the region's own, as of a refused command.
 */
export class LeaseError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.name = 'LeaseError'
    this.code = code
  }
}
