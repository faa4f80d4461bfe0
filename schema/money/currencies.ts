// The currencies of ISO 4217 and how many decimals each has. Data, and not what the runtime's own list says: that differs between
// versions, and counts the decimals that people write, not those of the standard (of HUF none, where it has two).
// Knows no amount.

/** By decimals. ISO 4217 list one of June 2024, with XCG, which came after it; without what has no minor unit (gold, test codes). */
const current: readonly (readonly [places: number, codes: string])[] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [
    2,
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD ' +
      'CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP ' +
      'GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL ' +
      'MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN ' +
      'QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD ' +
      'TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  ],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
]

/** Withdrawn since 2010, all with two decimals: an import may bring orders from before. */
const withdrawn = 'EEK HRK LTL LVL MRO SLL STD VEF ZMK ZWL'

const usualPlaces = 2

const places: ReadonlyMap<string, number> = new Map([
  ...current.flatMap(([count, codes]) => codes.split(' ').map((code) => [code, count] as const)),
  ...withdrawn.split(' ').map((code) => [code, usualPlaces] as const),
])

/** True for a currency of ISO 4217 that amounts may be given in. */
export function isCurrency(code: string): boolean {
  return places.has(code)
}

/** Decimals of a currency: 2 for GBP, 0 for JPY, 3 for KWD. Of one that is none, 2: amounts may be stored in it from before it was asked. */
export function placesOf(code: string): number {
  return places.get(code) ?? usualPlaces
}
