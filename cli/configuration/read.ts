// Reads the configuration file for one process: text, JSON, environment, shape, agreement, in this order, and stops at
// the first that fails with every problem it found. The only part of configuration/ that touches files.

import { readFile } from 'node:fs/promises'
import { codeOf, Failure, messageOf } from '../failure.ts'
import { type ProcessRole, substitute } from './environment.ts'
import { describeProblems } from './problems.ts'
import { findDisagreements, gatewaysOf } from './rules.ts'
import {
  type Configuration,
  configurationSchema,
  type GatewayConfiguration,
  type RegionConfiguration,
} from './schema.ts'

export async function readConfiguration(
  file: string,
  role: ProcessRole,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Configuration> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error)
    throw new Failure(`cannot read the configuration ${file}: ${reason}`)
  }
  return parseConfiguration(text, file, role, environment)
}

export function parseConfiguration(
  text: string,
  file: string,
  role: ProcessRole,
  environment: Readonly<Record<string, string | undefined>>,
): Configuration {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw new Failure(`${file} is not JSON: ${messageOf(error)}`)
  }
  const { value, missing } = substitute(raw, role, environment)
  complain(
    file,
    missing.map(({ path, variable }) => `${path}: the environment variable ${variable} is not set`),
  )
  const parsed = configurationSchema.safeParse(value)
  if (!parsed.success) {
    complain(file, describeProblems(configurationSchema, parsed.error))
    throw new Failure(`${file} is not a configuration`)
  }
  complain(file, findDisagreements(parsed.data))
  return parsed.data
}

// One line, however many: a terminal and a log both keep it together.
function complain(file: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new Failure(`${file}: ${problems.join('; ')}`)
}

export function regionOf(configuration: Configuration, id: string, file: string): RegionConfiguration {
  const found = configuration.regions.find((region) => region.id === id)
  if (found !== undefined) return found
  const known = configuration.regions.map((region) => region.id).join(', ')
  throw new Failure(`${file} has no region "${id}"; it has ${known}`)
}

/** The gateway with this id; the first where `id` is null. */
export function gatewayOf(configuration: Configuration, id: string | null, file: string): GatewayConfiguration {
  const gateways = gatewaysOf(configuration).map(({ gateway }) => gateway)
  const found = id === null ? gateways[0] : gateways.find((gateway) => gateway.id === id)
  if (found !== undefined) return found
  if (gateways.length === 0) throw new Failure(`${file} configures no gateway`)
  throw new Failure(`${file} has no gateway "${id}"; it has ${gateways.map((gateway) => gateway.id).join(', ')}`)
}
