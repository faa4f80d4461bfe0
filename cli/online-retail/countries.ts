// Which region serves a country of the Online Retail file: the nearest by the way the networks run. The reasons are in
// docs/decisions/0005-region-of-a-country.md.

import type { RegionId } from '@causeway/schema/clock/origin'

const americas = ['USA', 'Canada', 'Brazil']

const asiaAndTheGulf = [
  'Japan',
  'Singapore',
  'Hong Kong',
  'Australia',
  'Bahrain',
  'United Arab Emirates',
  'Saudi Arabia',
]

// Europe, its neighbours on the Mediterranean, and South Africa, whose cables run along the Atlantic. The shop itself is
// here, so an unspecified or unknown country falls to this region too.
const shopsRegion: RegionId = 'eu-west-1'

const regionByCountry: ReadonlyMap<string, RegionId> = new Map([
  ...americas.map((country): [string, RegionId] => [country, 'us-east-1']),
  ...asiaAndTheGulf.map((country): [string, RegionId] => [country, 'ap-south-1']),
])

export function regionOfCountry(country: string): RegionId {
  return regionByCountry.get(country) ?? shopsRegion
}
