import type { Order, OrderStatus } from '@/api/orders'
import { m } from '@/strings/money'
import { Badge, type BadgeTone } from './bits'

const WORDS: Record<OrderStatus, readonly [tone: BadgeTone, words: string]> = {
  pending_payment: ['warn', m('status.pending_payment')],
  in_escrow: ['good', m('status.in_escrow')],
  shipped: ['good', m('status.shipped')],
  delivered: ['good', m('status.delivered')],
  completed: ['neutral', m('status.completed')],
  disputed: ['bad', m('status.disputed')],
  refunded: ['neutral', m('status.refunded')],
  cancelled: ['neutral', m('status.cancelled')],
}

/** The word and colour of an order's state. */
export function OrderBadge({ order }: { order: Order }) {
  const [tone, words] = WORDS[order.status]
  return <Badge tone={tone}>{words}</Badge>
}
