// A process for tests to kill: commits one number after another to three keys and says each when it is durable. The log
// is written anew every few commits, so that the kill meets that too.

import { fileStorage } from './file-storage.ts'

const [folder = '', from = '0'] = process.argv.slice(2)
const user = await fileStorage(folder, { compactAtBytes: 2_000 }).open('ada')
for (let count = Number(from) + 1; ; count += 1) {
  await user.commit(['n/1', 'n/2', 'n/3'].map((put) => ({ put, value: String(count) })))
  process.stdout.write(`${count}\n`)
}
