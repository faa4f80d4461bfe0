// What the WebSocket itself does to messages. Both ways it remembers earlier ones: acknowledgements, heartbeats and small
// batches are mostly what was said before. Large batches come compressed and are left as they are (batch-codec.ts).

import type { PerMessageDeflateOptions } from 'ws'

export const wireCompression: PerMessageDeflateOptions = {
  zlibDeflateOptions: { level: 6, memLevel: 8 },
  threshold: 0,
}
