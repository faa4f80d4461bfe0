// When a server process ends: on SIGTERM or SIGINT, and when the process that started it is gone, however that one
// died. Stops gracefully within a bound; knows nothing of what it stops.

const stopWithinMs = 15_000

/** Set for children of `causeway dev`: they end with their parent. */
export const parentVariable = 'CAUSEWAY_PARENT'

/** Resolves when the process should stop, with the reason. */
export function untilTold(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'))
    process.on('SIGINT', () => {
      // Ctrl-C reaches the whole group of the terminal; a child waits for its parent, who stops it in order.
      if (process.env[parentVariable] === undefined) resolve('SIGINT')
    })
    if (process.env[parentVariable] === undefined) return
    // A channel closes when its other end dies, even by kill -9; a parent's id could be taken by another process.
    process.once('disconnect', () => resolve('the process that started this one is gone'))
    if (process.channel !== undefined && !process.connected) resolve('the process that started this one is gone')
  })
}

/**
 * Runs `stop`, then ends the process; with 1 where that takes too long. It is ended, for libraries leave timers behind, such as
 * the one for a socket that is kept for the next subscription, and these would keep it for seconds.
 */
export async function stopWithin(stop: () => Promise<void>, onLate: () => void): Promise<void> {
  const late = setTimeout(() => {
    onLate()
    process.exit(1)
  }, stopWithinMs)
  late.unref()
  await stop()
  clearTimeout(late)
  process.exit()
}
