import { expect, test } from 'vitest'
import type { Order } from '@/api/orders'
import { stageOf } from './stage'
import { totalLines } from './totals'

const order = {
  auction_id: null,
  quantity: 3,
  amount: 3_000,
  fees: { commission: 0, escrow_fee: 0, buyer_premium: 150 },
  tax: 63,
  total: 3_213,
  currency: 'USD',
  status: 'pending_payment',
  may: ['pay', 'cancel'],
} as unknown as Order

test('paying is open, then waits for the provider, then has come to an end', () => {
  expect(stageOf(order, false)).toBe('open')
  expect(stageOf(order, true)).toBe('waiting')
  expect(stageOf({ ...order, may: [] }, true)).toBe('late')
  expect(stageOf({ ...order, status: 'in_escrow' }, false)).toBe('paid')
  expect(stageOf({ ...order, status: 'cancelled' }, true)).toBe('over')
})

test('what is to be paid adds up, and says how many at which price', () => {
  const lines = totalLines(order)
  const parts = lines.filter(line => line.look !== 'sum').reduce((all, line) => all + line.amount, 0)
  expect(parts).toBe(order.total)
  expect(lines[0]?.note).toBe('3 × $10.00')
})
