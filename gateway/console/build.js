// Bundles the operator console and GraphiQL into dist/console, with everything they need: no page of the gateway asks
// anything of another host. Run by `npm run build`.

import { cp, mkdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const output = fileURLToPath(new URL('../dist/console/', import.meta.url))
const require = createRequire(import.meta.url)
const startedAt = performance.now()

const shared = {
  bundle: true,
  minify: true,
  target: 'es2022',
  logLevel: 'warning',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.ttf': 'file', '.svg': 'dataurl' },
  assetNames: '[name]',
  outdir: output,
}

await rm(output, { recursive: true, force: true })
await mkdir(output, { recursive: true })
await Promise.all([
  build({ ...shared, entryPoints: [`${here}console.ts`, `${here}console.css`], format: 'esm' }),
  build({
    ...shared,
    entryPoints: [`${here}graphiql.tsx`],
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    chunkNames: 'chunk-[hash]',
  }),
  build({
    ...shared,
    entryPoints: {
      'editor.worker': require.resolve('monaco-editor/esm/vs/editor/editor.worker.js'),
      'json.worker': require.resolve('monaco-editor/esm/vs/language/json/json.worker.js'),
      'graphql.worker': require.resolve('monaco-graphql/esm/graphql.worker.js'),
    },
    format: 'iife',
  }),
  cp(`${here}console.html`, `${output}console.html`),
  cp(`${here}graphiql.html`, `${output}graphiql.html`),
])
console.log(`console and GraphiQL bundled in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
