import { storageContract } from './contract/storage.contract.ts'
import { memoryStorage } from './memory.ts'

storageContract('memory', async () => {
  const storage = memoryStorage()
  return { storage, reopen: async () => storage }
})
