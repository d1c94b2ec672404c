import type { Order } from '@/api/orders'

/**
 * How paying stands. `open`: to be paid. `waiting`: the provider has not told yet. `paid`, `late` (the time has passed)
 * and `over` (called off or given back) are the ends.
 */
export type Stage = 'open' | 'waiting' | 'paid' | 'late' | 'over'

/** `hasReturned`: the person comes back from the provider's page. Pure. */
export function stageOf(order: Order, hasReturned: boolean): Stage {
  if (order.status === 'cancelled' || order.status === 'refunded') return 'over'
  if (order.status !== 'pending_payment') return 'paid'
  if (!order.may.includes('pay')) return 'late'
  return hasReturned ? 'waiting' : 'open'
}
