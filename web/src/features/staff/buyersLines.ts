import type { Order } from '@/api/orders'
import { s } from '@/strings/staff'
import type { MoneyLine } from '@/ui/MoneyLines'

/** What the buyer pays for an order and has got back, line by line. */
export function buyersLines(order: Order): MoneyLine[] {
  const lines: MoneyLine[] = [{ name: s('money.price'), amount: order.amount }]
  if (order.fees.buyer_premium > 0) lines.push({ name: s('money.premium'), amount: order.fees.buyer_premium })
  if (order.tax > 0) lines.push({ name: s('money.tax'), amount: order.tax })
  lines.push({ name: s(order.payment ? 'money.paid' : 'money.toPay'), amount: order.total, look: 'sum' })
  if (order.refunded_amount > 0)
    lines.push({ name: s('money.refunded'), amount: -order.refunded_amount, look: 'quiet' })
  return lines
}
