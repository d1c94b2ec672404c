import { s } from '@/strings/staff'
import type { BadgeTone } from '@/ui/bits'
import { PAYMENT_STATES, type Payment } from './calls'

const TONES: Record<string, BadgeTone> = { succeeded: 'good', pending: 'warn', failed: 'bad' }
const DONE = 'succeeded'

export const paymentTone = (status: string): BadgeTone => TONES[status] ?? 'neutral'

/** Our word for a payment's state; the server's own for one this client does not know yet. */
export function paymentWords(status: string): string {
  const known = PAYMENT_STATES.find(one => one === status)
  return known ? s(`payments.${known}`) : status
}

/** Whether there is something left of an order's payment to give back. */
export const isRefundable = (one: Payment): boolean =>
  one.order_id !== null && one.status === DONE && one.refunded_amount < one.amount
