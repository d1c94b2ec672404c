import { expect, test } from 'vitest'
import type { Order } from '@/api/orders'
import { heldOf, outcomeOf, partOf, refundOf } from './decision'

const order = {
  total: 11_760,
  refunded_amount: 0,
  amount: 10_000,
  fees: { commission: 600, escrow_fee: 199, buyer_premium: 500 },
  tax: 1_260,
  seller_receives: 9_201,
} as unknown as Order

test('a part is rounded half to even, exactly', () => {
  expect([partOf(1, 1, 2), partOf(3, 1, 2), partOf(5, 1, 2)]).toEqual([0, 2, 2])
  expect(partOf(999_999_999_999_999, 3, 7)).toBe(428_571_428_571_428)
})

test('releasing gives what was agreed, all back gives nobody else anything', () => {
  expect(outcomeOf(order, 0)).toEqual({ buyer: 0, seller: 9_201, market: 1_299, tax: 1_260 })
  expect(outcomeOf(order, 11_760)).toEqual({ buyer: 11_760, seller: 0, market: 0, tax: 0 })
})

test('whatever goes back, the shares are all that is held', () => {
  for (let refund = 0; refund <= order.total; refund += 97) {
    const { buyer, seller, market, tax } = outcomeOf(order, refund)
    expect(buyer + seller + market + tax).toBe(heldOf(order))
    expect(Math.min(buyer, seller, market, tax)).toBeGreaterThanOrEqual(0)
  }
})

test('a part must be one: more than nothing and less than all', () => {
  expect([refundOf(order, 'release', null), refundOf(order, 'full', null)]).toEqual([0, 11_760])
  expect([0, null, 11_760, 5_000].map(part => refundOf(order, 'partial', part))).toEqual([
    null,
    null,
    null,
    5_000,
  ])
})
