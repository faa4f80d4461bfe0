// The operations that GraphiQL opens with: a short tour from the catalogue to the log. Each runs as it stands on sample
// data, or says in a comment what it needs.

export interface Example {
  readonly query: string
  readonly variables?: string
}

const text = (lines: TemplateStringsArray) => `${lines[0]?.trim() ?? ''}\n`

export const examples: readonly Example[] = [
  {
    query: text`
# What the shop sells, and how many units
# each region may sell without asking anyone.
query Catalogue {
  products(first: 5) {
    totalCount
    edges {
      node {
        id
        title
        variants {
          sku
          price { amount currencyCode }
          stock {
            available
            reserved
            rights { region units }
          }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  },
  {
    query: text`
# 1 of 3: a product of your own. Run it twice:
# the second time changes nothing.
mutation CreateProduct($input: UpsertProductInput!) {
  upsertProduct(input: $input) {
    product {
      id
      title
      variants { sku price { amount currencyCode } }
    }
    causalToken
    userErrors { code message field }
  }
}`,
    variables: JSON.stringify(
      {
        input: {
          idempotencyKey: 'tour-product',
          id: 'tour-lamp',
          title: 'Harbour lamp',
          tags: ['light', 'tour'],
          variants: [{ sku: 'tour-lamp-brass', title: 'Brass', price: { amount: '34.50', currencyCode: 'GBP' } }],
        },
      },
      null,
      2,
    ),
  },
  {
    query: text`
# 2 of 3: units for it. They are shared evenly,
# so that each region can sell alone.
mutation ReceiveStock($input: ReceiveStockInput!) {
  receiveStock(input: $input) {
    stock {
      sku
      available
      rights { region units }
    }
    userErrors { code message field }
  }
}`,
    variables: JSON.stringify(
      { input: { idempotencyKey: 'tour-receipt', sku: 'tour-lamp-brass', quantity: 90 } },
      null,
      2,
    ),
  },
  {
    query: text`
# 3 of 3: an order. Its id makes it safe to
# send again; change the id for another one.
mutation PlaceOrder($input: PlaceOrderInput!) {
  placeOrder(input: $input) {
    order {
      id
      status
      region
      total { amount currencyCode }
      lines { sku quantity }
      placedAt
    }
    durability { requested reached timedOut }
    userErrors { code message sku available }
  }
}`,
    variables: JSON.stringify(
      { input: { id: 'tour-order-1', durability: 2, lines: [{ sku: 'tour-lamp-brass', quantity: 2 }] } },
      null,
      2,
    ),
  },
  {
    query: text`
# Leave this running and place an order in
# another tab: a message comes for each change,
# from whichever region.
subscription StockChanges($skus: [ID!]!) {
  stockChanged(skus: $skus) {
    sku
    available
    reserved
    rights { region units }
    updatedAt
  }
}`,
    variables: JSON.stringify({ skus: ['tour-lamp-brass'] }, null, 2),
  },
  {
    query: text`
# The replicated log in causal order: what each
# origin had seen when it wrote.
query Log {
  events(first: 10) {
    edges {
      node {
        id
        type
        entityId
        originRegion
        sequence
        vectorClock
        at
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  },
  {
    query: text`
# Every region as this gateway feels it, live.
subscription Regions {
  regionsChanged {
    id
    state
    reason
    latencyMs
    errorRate
    replication {
      from
      to
      connected
      lagMs
      lagEvents
    }
    frontier
    digest
  }
}`,
  },
]
