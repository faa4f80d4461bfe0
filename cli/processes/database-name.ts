// Names of regions' databases on the server of DATABASE_URL. Apart from database.ts, so that asking for a name does not
// load a database driver.

export function databaseName(region: string): string {
  return `causeway_${region.replaceAll('-', '_')}`
}
