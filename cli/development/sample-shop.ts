// The goods, people and orders of the sample shop. Only data.

function pounds(amount: string) {
  return { amount, currencyCode: 'GBP' }
}

function product(
  id: string,
  title: string,
  price: string,
  stock: number,
  tags: readonly string[],
  description: string,
) {
  return { id: `sample-${id}`, title, description, tags, variants: [{ sku: id, title, price: pounds(price) }], stock }
}

export const sampleProducts = [
  product(
    'lantern-brass',
    'Brass storm lantern',
    '34.00',
    120,
    ['home', 'light'],
    'A storm lantern with a glass chimney, for candles or oil.',
  ),
  product(
    'blanket-wool',
    'Wool picnic blanket',
    '58.50',
    90,
    ['home', 'outdoor'],
    'Woven from undyed wool, with a leather strap.',
  ),
  product(
    'teapot-stoneware',
    'Stoneware teapot',
    '42.00',
    75,
    ['kitchen'],
    'Holds four cups; the strainer is part of the spout.',
  ),
  product('mug-speckled', 'Speckled mug', '12.50', 400, ['kitchen'], 'Thrown by hand, so no two are quite the same.'),
  product('notebook-linen', 'Linen notebook', '9.95', 600, ['paper'], '192 pages that lie flat, bound in linen.'),
  product('pen-brass', 'Brass pen', '24.00', 210, ['paper'], 'Grows darker with use. Takes standard refills.'),
  product(
    'satchel-canvas',
    'Canvas satchel',
    '79.00',
    60,
    ['bags'],
    'Waxed canvas with room for a laptop and a loaf of bread.',
  ),
  product('umbrella-birch', 'Birch umbrella', '46.00', 80, ['outdoor'], 'Eight ribs, a birch handle, and a name tag.'),
  product('clock-oak', 'Oak wall clock', '64.00', 45, ['home'], 'Silent movement in a solid oak frame.'),
  product('soap-cedar', 'Cedar soap', '6.50', 900, ['bath'], 'Cold pressed; smells like a workshop.'),
  product('candle-fig', 'Fig candle', '18.00', 300, ['home', 'light'], 'Forty hours of fig leaf and soy wax.'),
  product(
    'print-harbour',
    'Harbour print',
    '27.50',
    3,
    ['paper', 'limited'],
    'Signed and numbered. Three are left in the whole world.',
  ),
] as const

export const sampleCustomers = [
  { id: 'sample-ada', homeRegion: 'eu-west-1', name: 'Ada Byrne', email: 'ada@example.com', tags: ['regular'] },
  { id: 'sample-noah', homeRegion: 'us-east-1', name: 'Noah Reyes', email: 'noah@example.com', tags: ['new'] },
  { id: 'sample-mei', homeRegion: 'ap-south-1', name: 'Mei Tan', email: 'mei@example.com', tags: ['regular'] },
] as const

function order(number: number, region: string, customerId: string, lines: readonly (readonly [string, number])[]) {
  return {
    region,
    id: `sample-order-${number}`,
    customerId,
    lines: lines.map(([sku, quantity], index) => ({ id: String(index + 1), sku, quantity })),
  }
}

export const sampleOrders = [
  order(1, 'eu-west-1', 'sample-ada', [
    ['mug-speckled', 4],
    ['teapot-stoneware', 1],
  ]),
  order(2, 'us-east-1', 'sample-noah', [
    ['satchel-canvas', 1],
    ['notebook-linen', 3],
    ['pen-brass', 1],
  ]),
  order(3, 'ap-south-1', 'sample-mei', [
    ['lantern-brass', 2],
    ['candle-fig', 2],
  ]),
  order(4, 'eu-west-1', 'sample-ada', [['soap-cedar', 6]]),
]
