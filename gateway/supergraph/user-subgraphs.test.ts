import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask, world } from '../fixtures/world.testing.ts'

describe("a user's own subgraph", () => {
  const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
    type Product @key(fields: "id") { id: ID! stars: Float }`

  it('adds fields to entities, asked at the nearest region that has it', async () => {
    const asked: string[] = []
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString())
      asked.push(query)
      const entities = variables?.representations?.map(({ id }: { id: string }) => ({
        __typename: 'Product',
        stars: id.length,
      }))
      response.end(
        JSON.stringify({ data: query.includes('_service') ? { _service: { sdl } } : { _entities: entities } }),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
    const urls = { 'us-east-1': 'http://127.0.0.1:9/graphql', 'eu-west-1': url }
    const { gateway } = await world({ subgraphs: [{ name: 'reviews', urls }] })
    const { at } = await ask(gateway, '{ product(id: "lamp") { title stars } }')
    expect(at('data.product')).toEqual({ title: 'lamp from us-east-1', stars: 4 })
    expect(asked).toHaveLength(2)
  })

  it('that tells no SDL, or does not compose, stops the start with its name', async () => {
    await expect(world({ subgraphs: [{ name: 'reviews', urls: { a: 'http://127.0.0.1:9/' } }] })).rejects.toThrow(
      /"reviews"/,
    )
  })
})
