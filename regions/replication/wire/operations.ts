// What one region asks of another, as text. Knows no socket.

import type { Line } from '../peer.ts'
import { tellsOperatorKeys } from '../versions.ts'

const helloFields =
  'region origin protocolVersion oldestVersion publicKeys frontier holdsOfYou { sequence hash proof } claimKey'
/** `spoken`: a peer that speaks an older version is not asked for what it does not know. */
export function helloOperation(spoken: number): string {
  const fields = tellsOperatorKeys(spoken) ? `${helloFields} operatorKeys` : helloFields
  return `mutation Hello($from: HelloInput!) { hello(from: $from) { ${fields} } }`
}
export const acknowledgeOperation =
  'mutation Acknowledge($applied: VersionVector!, $direct: [ID!]!) { acknowledge(applied: $applied, direct: $direct) }'
export const rightsOperation =
  'mutation Rights($request: RightsRequestInput!) { requestRights(request: $request) { items { sku units } position { origin sequence } } }'
export const standingOperation = 'query Standing { standing { frontier time } }'
export const fencesOperation = 'query Fences { fences }'
export const digestsOperation =
  'query Digests($table: DigestTable!, $level: Int!, $after: String, $until: String) { digests(table: $table, level: $level, after: $after, until: $until) { frontier through ranges { until digest } } }'
export const commitsOfOperation =
  'query CommitsOf($origin: ID!, $first: SafeInt!, $last: SafeInt!) { commitsOf(origin: $origin, first: $first, last: $last) }'

/** A peer of version 8 knows no lines: the main one is not named. One of version 11 asks for nothing. */
export function commitsOperation(line: Line, isSparing: boolean): string {
  const [name, more] = line === 'main' ? ['Commits', ''] : ['Again', ', line: SECOND']
  const fields = `commits events behind frontier time${isSparing ? ' asks' : ''}`
  return `subscription ${name}($after: VersionVector!, $direct: [ID!]!) { commits(after: $after, direct: $direct${more}) { ${fields} } }`
}

export const snapshotOperation = 'query Snapshot($id: ID) { snapshot(id: $id) { status description } }'
export const pageOperation = 'query Page($id: ID!, $number: Int!) { snapshotPage(id: $id, number: $number) { body } }'
export const checkOperation =
  'query Check($frontier: VersionVector!) { stateCheck(frontier: $frontier) { status check } }'
