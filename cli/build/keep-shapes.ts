// Gives what the rooms were compiled to copies that share a shape, where the Node that builds needs it. Run by
// `npm run build`; what was done once is left alone.

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { copiesShareNoShape, keepShapes } from './shapes.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
/** What servers run. */
const compiled = ['schema', 'db', 'regions', 'gateway', 'cli'].map((room) => join(repository, room, 'dist'))

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map((entry) => join(entry.parentPath, entry.name))
}

if (copiesShareNoShape) {
  const startedAt = performance.now()
  let changed = 0
  for (const file of (await Promise.all(compiled.map(filesOf))).flat()) {
    const code = await readFile(file, 'utf8')
    const kept = keepShapes(code)
    if (kept === code) continue
    await writeFile(file, kept)
    changed++
  }
  console.log(`copies share a shape in ${changed} more files, ${Math.round(performance.now() - startedAt)} ms`)
}
