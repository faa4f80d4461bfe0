// `${NAME}` in the configuration file stands for an environment variable. Only what the started process uses is
// resolved: a gateway must start without the regions' database passwords.

export type ProcessRole =
  | { readonly kind: 'region'; readonly id: string }
  | { readonly kind: 'gateway'; readonly id: string | null }

export interface Substitution {
  readonly value: unknown
  /** Variables that the process needs and that are not set, with the path that names each. */
  readonly missing: readonly { readonly path: string; readonly variable: string }[]
}

const placeholder = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

export function hasPlaceholder(text: string): boolean {
  return text.search(placeholder) >= 0
}

/** `regions[0].listen` from its steps. */
export function formatPath(steps: readonly PropertyKey[]): string {
  let path = ''
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`
    else path += path === '' ? String(step) : `.${String(step)}`
  }
  return path
}

export function substitute(
  raw: unknown,
  role: ProcessRole,
  environment: Readonly<Record<string, string | undefined>>,
): Substitution {
  const missing: { path: string; variable: string }[] = []

  function walk(value: unknown, steps: readonly (string | number)[]): unknown {
    if (typeof value === 'string') {
      if (!isOwn(raw, steps, role)) return value
      return value.replace(placeholder, (whole, variable: string) => {
        const found = environment[variable]
        if (found !== undefined) return found
        missing.push({ path: formatPath(steps), variable })
        return whole
      })
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...steps, index]))
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...steps, key])]))
    }
    return value
  }

  return { value: walk(raw, []), missing }
}

// What another region keeps to itself; its url, residency and public keys are everybody's.
const privateOfRegion: readonly string[] = ['database', 'signingKeyFile', 'listen', 'peers']

function isOwn(raw: unknown, steps: readonly (string | number)[], role: ProcessRole): boolean {
  const [section, index, key] = steps
  if (section === 'regions' && typeof index === 'number') {
    if (typeof key !== 'string' || !privateOfRegion.includes(key)) return true
    return role.kind === 'region' && idAt(raw, 'regions', index) === role.id
  }
  if (section === 'gateways' && typeof index === 'number') {
    if (role.kind !== 'gateway') return false
    return role.id === null ? index === 0 : idAt(raw, 'gateways', index) === role.id
  }
  // Regions alone hash emails.
  if (section === 'cluster' && index === 'claimKey') return role.kind === 'region'
  if (section === 'gateway' || section === 'subgraphs') return role.kind === 'gateway'
  return true
}

function idAt(raw: unknown, section: string, index: number): unknown {
  const list = property(raw, section)
  return Array.isArray(list) ? property(list[index], 'id') : undefined
}

function property(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([name]) => name === key)?.[1]
}
