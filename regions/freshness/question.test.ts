import { describe, expect, it } from 'vitest'
import { Question } from './question.ts'

function setUp() {
  const put: ((answer: string) => void)[] = []
  const failed: ((error: Error) => void)[] = []
  let nowMs = 0
  const question = new Question<string>(
    () =>
      new Promise((resolve, reject) => {
        put.push(resolve)
        failed.push(reject)
      }),
    () => nowMs,
  )
  const at = (ms: number) => {
    nowMs = ms
    return question
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return { at, put, failed, turn }
}

describe('a question that many ask', () => {
  it('Q3: who asks while one is under way gets the answer to the next', async () => {
    const { at, put, turn } = setUp()
    const first = at(100).ask()
    const second = at(110).ask()
    const third = at(120).ask()
    expect(put.length).toBe(1)
    at(150)
    put[0]?.('early')
    expect(await first).toEqual({ askedMs: 100, answer: 'early' })
    await turn()
    expect(put.length).toBe(2)
    put[1]?.('late')
    expect(await second).toEqual({ askedMs: 150, answer: 'late' })
    expect(await third).toEqual({ askedMs: 150, answer: 'late' })
  })

  it('one that fails fails for those who asked it, and the next is put all the same', async () => {
    const { at, put, failed, turn } = setUp()
    const first = at(100).ask()
    const second = at(110).ask()
    failed[0]?.(new Error('away'))
    await expect(first).rejects.toThrow('away')
    await turn()
    put[1]?.('here')
    expect((await second).answer).toBe('here')
  })
})
