// Makes Automerge ready where the platform needs that said: browsers and workers. Its WebAssembly comes as text in a module of its
// own, which every bundler takes without a plugin, or from an address that the app gives, which is a third smaller. Node has it
// from the start.

import { initializeBase64Wasm, initializeWasm, isWasmInitialized } from '@automerge/automerge/slim'

let loading: Promise<void> | null = null

/** `from`: where the file `automerge.wasm` of @automerge/automerge is served. A failure is told, and tried again when asked again. */
export function automergeReady(from?: string | URL): Promise<void> {
  if (isWasmInitialized()) return Promise.resolve()
  loading ??= load(from).catch((error: unknown) => {
    loading = null
    throw error
  })
  return loading
}

async function load(from: string | URL | undefined): Promise<void> {
  if (from !== undefined) return initializeWasm(String(from))
  const { automergeWasmBase64 } = await import('@automerge/automerge/automerge.wasm.base64')
  return initializeBase64Wasm(automergeWasmBase64)
}
