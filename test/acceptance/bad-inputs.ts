// Inputs that a stranger gets wrong, and what the answer must say of each. Sends nothing.

const userErrors = 'userErrors { code message field }'
const mutation = (name: string, input: string, fields = '') =>
  `mutation ($input: ${input}!) { ${name}(input: $input) { ${fields} ${userErrors} } }`
export const upsertProduct = mutation('upsertProduct', 'UpsertProductInput')
export const receiveStock = mutation('receiveStock', 'ReceiveStockInput')
const recordStockMovements = mutation('recordStockMovements', 'RecordStockMovementsInput', 'accepted rejected { code }')
export const placeOrder = mutation('placeOrder', 'PlaceOrderInput')
const placeOrders = mutation('placeOrders', 'PlaceOrdersInput', 'results { userErrors { code } }')
const updateCart = mutation('updateCart', 'UpdateCartInput')
const upsertCustomer = mutation('upsertCustomer', 'UpsertCustomerInput')
const shipOrder = mutation('shipOrder', 'OrderInput')

export const price = { amount: '30.00', currencyCode: 'GBP' }
export const order = (parts: object) => ({ id: 'order-1', lines: [{ sku: 'lamp', quantity: 1 }], ...parts })
const movement = (index: number) => ({ id: `m-${index}`, sku: 'lamp', kind: 'RECEIPT', quantity: 1 })
const malformedIds = ['', 'two words', 'a/b', 'stock:lamp', 'us-east-1:5', 'x'.repeat(129)]
const everyKeyed = [upsertProduct, updateCart, upsertCustomer, shipOrder]

/** What is refused, the operation, its input, and the answer's code, field and words. */
type Case = readonly [string, string, object, string, readonly string[], RegExp]

export const refusals: readonly Case[] = [
  [
    'an unknown SKU',
    placeOrder,
    order({ lines: [{ sku: 'nope', quantity: 1 }] }),
    'NOT_FOUND',
    ['lines', '0', 'sku'],
    /SKU nope/,
  ],
  [
    'quantity 0',
    placeOrder,
    order({ lines: [{ sku: 'lamp', quantity: 0 }] }),
    'INVALID',
    ['lines', '0', 'quantity'],
    /from 1 to 2147483647/,
  ],
  ['receiving 0', receiveStock, { sku: 'lamp', quantity: 0 }, 'INVALID', ['quantity'], /from 1 to 2147483647/],
  [
    'a cart of -1',
    updateCart,
    { id: 'cart-1', lines: [{ sku: 'lamp', quantity: -1 }] },
    'INVALID',
    ['lines', '0', 'quantity'],
    /from 0 to/,
  ],
  [
    '10,001 movements',
    recordStockMovements,
    { movements: Array.from({ length: 10_001 }, (_, index) => movement(index)) },
    'LIMIT_EXCEEDED',
    ['movements'],
    /10000.*split/,
  ],
  [
    '501 orders',
    placeOrders,
    { orders: Array.from({ length: 501 }, (_, index) => order({ id: `o-${index}` })) },
    'LIMIT_EXCEEDED',
    ['orders'],
    /500/,
  ],
  [
    'one movement id twice',
    recordStockMovements,
    { movements: [movement(1), movement(1)] },
    'INVALID',
    ['movements', '1', 'id'],
    /own id/,
  ],
  ['more regions than there are', placeOrder, order({ durability: 4 }), 'INVALID', ['durability'], /1 to 3/],
  [
    'an order that comes to less than nothing',
    placeOrder,
    order({ adjustments: [{ kind: 'DISCOUNT', label: 'too much', amount: { ...price, amount: '-30.01' } }] }),
    'INVALID',
    ['adjustments'],
    /-0\.01 GBP.*0 at the most/,
  ],
  [
    'a currency that is none',
    upsertProduct,
    { id: 'p', title: 'P', variants: [{ sku: 'p', price: { ...price, currencyCode: 'GPB' } }] },
    'INVALID',
    ['variants', '0', 'price', 'currencyCode'],
    /"GPB" is no currency.*ISO 4217/,
  ],
  [
    'a home in no region, at length',
    upsertCustomer,
    { id: 'c', homeRegion: 'x'.repeat(100_000) },
    'INVALID',
    ['homeRegion'],
    /^This names no region/,
  ],
  [
    'a fraction of a penny',
    upsertProduct,
    { id: 'p', title: 'P', variants: [{ sku: 'p', price: { ...price, amount: '1.005' } }] },
    'INVALID',
    ['variants', '0', 'price', 'amount'],
    /GBP has 2/,
  ],
  [
    'a key of 256 characters',
    receiveStock,
    { sku: 'lamp', quantity: 1, idempotencyKey: 'k'.repeat(256) },
    'INVALID',
    ['idempotencyKey'],
    /255/,
  ],
  ...malformedIds.flatMap((id): Case[] => [
    [
      `the order id ${JSON.stringify(id.slice(0, 12))}`,
      placeOrder,
      order({ id }),
      'INVALID',
      ['id'],
      /use 1 to 128 letters/,
    ],
    ...everyKeyed.map(
      (command): Case => [
        `${/ (\w+)\(input/.exec(command)?.[1]} of the id ${JSON.stringify(id.slice(0, 12))}`,
        command,
        command === updateCart ? { id, lines: [] } : { id },
        'INVALID',
        ['id'],
        /use 1 to 128 letters/,
      ],
    ),
  ]),
]

const products = 'query ($first: Int, $after: String) { products(first: $first, after: $after) { totalCount } }'
const page = '{ products { totalCount } }'

/** What is wrong, the operation, its variables and headers, and the fault's code and words. */
type FaultCase = readonly [string, string, object, Readonly<Record<string, string>>, string, RegExp]

export const faults: readonly FaultCase[] = [
  [
    'a quantity of 2^31',
    placeOrder,
    { input: order({ lines: [{ sku: 'lamp', quantity: 2 ** 31 }] }) },
    {},
    'BAD_USER_INPUT',
    /input\.lines\[0\]\.quantity/,
  ],
  [
    'a price as a float',
    upsertProduct,
    { input: { id: 'p', variants: [{ sku: 'p', price: { ...price, amount: 1.5 } }] } },
    {},
    'BAD_USER_INPUT',
    /amount.*"12\.50"/,
  ],
  ['a field that is none', '{ prodcts { totalCount } }', {}, {}, 'BAD_USER_INPUT', /Did you mean "products"/],
  ['no GraphQL', '{ products(', {}, {}, 'BAD_USER_INPUT', /Syntax Error/],
  [
    '2,000 fields inside fields',
    `{ node(id: "x") ${'{ node '.repeat(2_000)} id ${'}'.repeat(2_000)} }`,
    {},
    {},
    'COST_LIMIT',
    /64 is the limit/,
  ],
  [
    'an unknown region',
    page,
    {},
    { 'causeway-region': 'mars-1' },
    'REGION_UNAVAILABLE',
    /mars-1, which is no region here.*us-east-1/,
  ],
  ['first: 0', products, { first: 0 }, {}, 'BAD_USER_INPUT', /1 to 500, not 0/],
  ['first: 501', products, { first: 501 }, {}, 'BAD_USER_INPUT', /1 to 500, not 501/],
  ['a cursor made up', products, { after: 'garbage' }, {}, 'BAD_USER_INPUT', /`after` is no cursor/],
  [
    'a token made up',
    page,
    {},
    { 'causeway-consistency': 'session', 'causeway-token': 'garbage' },
    'BAD_USER_INPUT',
    /causeway-token is not a causal token/,
  ],
  ['an unknown consistency', page, {}, { 'causeway-consistency': 'perfect' }, 'BAD_USER_INPUT', /causeway-consistency/],
  [
    'a durability of 4',
    receiveStock,
    { input: { sku: 'lamp', quantity: 1 } },
    { 'causeway-durability': '4' },
    'BAD_USER_INPUT',
    /1 to 3/,
  ],
  [
    'a key without end in the header',
    receiveStock,
    { input: { sku: 'lamp', quantity: 1 } },
    { 'idempotency-key': 'k'.repeat(256) },
    'BAD_USER_INPUT',
    /255/,
  ],
]
