import { describe, expect, it } from 'vitest'
import { GroupCommit, maximumHalves, QueueFull } from './group-commit.ts'

function gated() {
  const batches: number[][] = []
  const releases: (() => void)[] = []
  const committer = new GroupCommit<number, string>(
    async (items) => {
      batches.push([...items])
      await new Promise<void>((resolve) => releases.push(resolve))
      return items.map((item) => `answer ${item}`)
    },
    { maximumWaiting: 5, maximumFlushWeight: 10 },
  )
  const release = async () => {
    while (releases.length === 0) await Promise.resolve()
    releases.shift()?.()
  }
  return { batches, committer, release }
}

describe('group commit', () => {
  it('W5: an idle committer flushes at once, and what comes meanwhile is one flush together', async () => {
    const { batches, committer, release } = gated()
    const first = committer.submit(1, 1)
    await Promise.resolve()
    await Promise.resolve()
    expect(batches).toEqual([[1]])
    const rest = [committer.submit(2, 1), committer.submit(3, 1)]
    await release()
    expect(await first).toBe('answer 1')
    await release()
    expect(await Promise.all(rest)).toEqual(['answer 2', 'answer 3'])
    expect(batches).toEqual([[1], [2, 3]])
  })

  it('a flush stays within its weight, and one heavier command goes alone', async () => {
    const { batches, committer, release } = gated()
    const answers = [committer.submit(1, 50), committer.submit(2, 6), committer.submit(3, 6)]
    for (let flush = 0; flush < 3; flush++) await release()
    await Promise.all(answers)
    expect(batches).toEqual([[1], [2], [3]])
  })

  it('at its bound one more command is refused, and the waiting ones are answered', async () => {
    const { committer, release } = gated()
    const inFlight = committer.submit(0, 10)
    await Promise.resolve()
    await Promise.resolve()
    const waiting = [1, 2, 3, 4, 5].map((item) => committer.submit(item, 1))
    await expect(committer.submit(6, 1)).rejects.toThrow(QueueFull)
    await release()
    await release()
    expect(await inFlight).toBe('answer 0')
    expect((await Promise.all(waiting)).length).toBe(5)
  })

  it('a failed flush fails its own commands and no others', async () => {
    let calls = 0
    const committer = new GroupCommit<number, number>(
      async (items) => {
        calls++
        if (calls === 1) throw new Error('the disk is full')
        return items
      },
      { maximumWaiting: 10, maximumFlushWeight: 10 },
    )
    await expect(committer.submit(1, 1)).rejects.toThrow('the disk is full')
    expect(await committer.submit(2, 1)).toBe(2)
  })

  it('W5: one command that cannot be run fails alone: what shared its flush is committed', async () => {
    const batches: number[][] = []
    const committer = new GroupCommit<number, string>(
      async (items) => {
        batches.push([...items])
        if (items.includes(3)) throw new RangeError('a cell would shrink')
        return items.map((item) => `answer ${item}`)
      },
      { maximumWaiting: 10, maximumFlushWeight: 10, isOfOne: (error) => error instanceof RangeError },
    )
    const answers = await Promise.allSettled([1, 2, 3, 4, 5].map((item) => committer.submit(item, 1)))
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : String(answer.reason)))).toEqual([
      'answer 1',
      'answer 2',
      'RangeError: a cell would shrink',
      'answer 4',
      'answer 5',
    ])
    expect(batches).toEqual([[1, 2, 3, 4, 5], [1, 2], [3, 4, 5], [3], [4, 5]])
  })

  it('a database that is away is asked once for a whole flush', async () => {
    let flushes = 0
    const committer = new GroupCommit<number, string>(
      async () => {
        flushes += 1
        throw new Error('away')
      },
      { maximumWaiting: 10, maximumFlushWeight: 10, isOfOne: () => false },
    )
    const answers = await Promise.allSettled([1, 2, 3].map((item) => committer.submit(item, 1)))
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(flushes).toBe(1)
  })

  it('a flush that fails whatever is in it is not tried for ever', async () => {
    let flushes = 0
    const committer = new GroupCommit<number, string>(
      async () => {
        flushes += 1
        throw new Error('a fault of the node')
      },
      { maximumWaiting: 1_000, maximumFlushWeight: 1_000, isOfOne: () => true },
    )
    const answers = await Promise.allSettled(Array.from({ length: 1_000 }, (_, item) => committer.submit(item, 1)))
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true)
    expect(flushes).toBe(1 + maximumHalves)
  })
})
