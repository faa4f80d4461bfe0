// What the plainest replication would send: one JSON event per message, uncompressed, with all fields that the API gives
// of it. The baseline of everything that is about bytes per event.

import type { Caller, Json } from '../caller.ts'

const fields = 'id type entityId data originRegion sequence vectorClock at checksum'
const query = `query ($type: String) { events(first: 100, type: $type) { edges { node { ${fields} } } } }`

/** The mean size of up to 100 events of `type`, without frames. */
export async function plainEventBytes(caller: Caller, type: string): Promise<number> {
  const data = await caller.call(query, { type })
  const { edges } = data.events as { edges: { node: Json }[] }
  const sizes = edges.map(({ node }) => Buffer.byteLength(JSON.stringify(node)))
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length
}
