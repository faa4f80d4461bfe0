// What `causeway dev` shows once everything runs: where to look, what to try, how to stop. Only text.

import type { Layout } from './layout.ts'

export function welcome(layout: Layout, seconds: number, colours: boolean): string {
  const bold = (text: string) => (colours ? `\u001b[1m${text}\u001b[22m` : text)
  const dim = (text: string) => (colours ? `\u001b[2m${text}\u001b[22m` : text)
  const { gateway } = layout
  const other = gateway.url === 'http://127.0.0.1:4000' ? '' : ` --url ${gateway.url}`
  return [
    '',
    `  ${bold('Causeway is running')} ${dim(`(three regions and a gateway, ready after ${seconds.toFixed(1)} s)`)}`,
    '',
    `  Console    ${bold(`${gateway.url}/`)}`,
    `  GraphiQL   ${bold(`${gateway.url}/graphiql`)}`,
    `  GraphQL    ${gateway.url}/graphql`,
    `  Storefront ${bold(`${gateway.url}/storefront/`)} ${dim('a shop on the SDK; two devices: /storefront/?view=pair')}`,
    '',
    ...layout.regions.map(({ name, url }) => `  ${name.padEnd(10)} ${url}/graphql`),
    '',
    '  Next',
    `    npx causeway status${other}`,
    `    npx causeway import online-retail FILE.csv.gz${other}`,
    `    npx causeway verify${other}`,
    '    kill -9 a region and watch the others go on',
    '',
    dim(`  State and logs: ${layout.directory}   Stop: Ctrl-C   Start over: causeway dev --fresh`),
    '',
    '',
  ].join('\n')
}
