// GraphQL over HTTP as a caller without any library sends it. Knows no operation.

export interface Fault {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: { readonly code?: string }
}

export interface Reply<Data> {
  readonly status: number
  readonly data: Data | null
  readonly errors: readonly Fault[]
}

/** The body as it is. */
export async function send<Data>(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply<Data>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  const { data, errors } = (await response.json()) as { data?: Data | null; errors?: readonly Fault[] }
  return { status: response.status, data: data ?? null, errors: errors ?? [] }
}

export function ask<Data>(
  url: string,
  query: string,
  variables: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply<Data>> {
  return send<Data>(url, JSON.stringify({ query, variables }), headers)
}
