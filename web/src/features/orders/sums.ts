import type { Order, Party } from '@/api/orders'
import type { MoneyLine } from '@/ui/MoneyLines'
import { m } from '@/strings/money'

/** What the buyer pays, line by line; the lines above the sum add up to it. */
export function buyerLines(order: Order): MoneyLine[] {
  return [
    {
      name: m('sum.price'),
      amount: order.amount,
      ...(order.quantity > 1 && { note: m('sum.pieces', { n: order.quantity }) }),
    },
    ...(order.fees.buyer_premium > 0
      ? [{ name: m('sum.premium'), note: m('sum.premiumNote'), amount: order.fees.buyer_premium }]
      : []),
    ...(order.tax > 0 ? [{ name: m('sum.tax'), amount: order.tax }] : []),
    { name: m('sum.total'), amount: order.total, look: 'sum' as const },
    ...(order.refunded_amount > 0
      ? [{ name: m('sum.backToYou'), amount: order.refunded_amount, look: 'quiet' as const }]
      : []),
  ]
}

/** What the seller gets as the order stands, line by line; the lines above the sum add up to it. */
export function sellerLines(order: Order): MoneyLine[] {
  const receives: MoneyLine = { name: m('sum.youReceive'), amount: order.seller_receives, look: 'sum' }
  if (order.refunded_amount > 0) {
    const kept = order.total - order.refunded_amount - order.seller_receives
    return [
      { name: m('sum.paidByBuyer'), amount: order.total },
      { name: m('sum.backToBuyer'), amount: -order.refunded_amount },
      ...(kept > 0 ? [{ name: m('sum.feesOnRest'), amount: -kept }] : []),
      receives,
    ]
  }
  if (order.status === 'cancelled') return [receives]
  return [
    { name: m('sum.soldFor'), amount: order.amount },
    { name: m('sum.commission'), amount: -order.fees.commission },
    ...(order.fees.escrow_fee > 0
      ? [{ name: m('sum.escrowFee'), note: m('sum.escrowFeeNote'), amount: -order.fees.escrow_fee }]
      : []),
    receives,
  ]
}

export const linesFor = (order: Order, party: Party): MoneyLine[] =>
  party === 'buyer' ? buyerLines(order) : sellerLines(order)

/** Where the buyer's money is: not paid yet, held by the market, with the seller, or back. */
export type Place = 'buyer' | 'held' | 'seller' | 'back'

export function placeOfMoney(order: Order): Place {
  switch (order.status) {
    case 'pending_payment':
      return 'buyer'
    case 'completed':
      return 'seller'
    case 'refunded':
      return 'back'
    case 'cancelled':
      return order.refunded_amount > 0 ? 'back' : 'buyer'
    default:
      return 'held'
  }
}

/** What can still be given back. */
export const refundable = (order: Order): number => Math.max(order.total - order.refunded_amount, 0)
