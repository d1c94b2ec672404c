import type { Order } from '@/api/orders'
import { formatExact } from '@/shared/amounts'
import { m } from '@/strings/money'
import type { MoneyLine } from '@/ui/MoneyLines'

/** What the buyer pays, line by line; what is nothing has no line, and the lines add up to the sum. Pure. */
export function totalLines(order: Order): MoneyLine[] {
  const { fees, tax, currency } = order
  return [
    {
      name: m(order.auction_id === null ? 'sum.price' : 'sum.winningBid'),
      amount: order.amount,
      ...(order.quantity > 1 && {
        note: m('sum.each', {
          n: order.quantity,
          price: formatExact(Math.round(order.amount / order.quantity), currency),
        }),
      }),
    },
    ...(fees.buyer_premium > 0
      ? [{ name: m('sum.premium'), note: m('sum.premiumNote'), amount: fees.buyer_premium }]
      : []),
    ...(tax > 0 ? [{ name: m('sum.tax'), amount: tax }] : []),
    { name: m('sum.toPay'), amount: order.total, look: 'sum' },
  ]
}
