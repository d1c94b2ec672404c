import type { Order } from '@/api/orders'

export type Way = 'release' | 'partial' | 'full'

/** What a decision gives to whom; minor units. */
export interface Outcome {
  buyer: number
  seller: number
  market: number
  tax: number
}

/** Of an amount, the part that `rest` is of `whole`, rounded half to even, as the server does. Exact. */
export function partOf(amount: number, rest: number, whole: number): number {
  if (whole === 0) return 0
  const product = BigInt(amount) * BigInt(rest)
  const by = BigInt(whole)
  const down = product / by
  const twice = (product % by) * 2n
  const up = twice > by || (twice === by && down % 2n === 1n)
  return Number(up ? down + 1n : down)
}

/**
 * Who gets what when `refund` goes back to the buyer now: shares shrink with the price, the fixed fee stays as far as
 * there is money, the seller gets the rest. The server decides; this is what is shown before it is asked. Pure.
 */
export function outcomeOf(order: Order, refund: number): Outcome {
  const { total, fees, tax } = order
  const held = Math.max(total - order.refunded_amount - refund, 0)
  const taxLeft = partOf(tax, held, total)
  const premium = Math.min(partOf(fees.buyer_premium, held, total), held - taxLeft)
  const commission = Math.min(partOf(fees.commission, held, total), held - taxLeft - premium)
  const fixed = Math.min(fees.escrow_fee, held - taxLeft - premium - commission)
  const market = premium + commission + fixed
  return { buyer: refund, seller: held - taxLeft - market, market, tax: taxLeft }
}

/** What can be given back at most. */
export const heldOf = (order: Order): number => Math.max(order.total - order.refunded_amount, 0)

/** The amount a way of deciding means; null while a part is not named yet, or is none. */
export function refundOf(order: Order, way: Way, part: number | null): number | null {
  if (way === 'release') return 0
  if (way === 'full') return heldOf(order)
  return part !== null && part > 0 && part < heldOf(order) ? part : null
}
