import type { Notification } from '@/api/notifications'
import { formatMoney } from '@/shared/money'
import { t } from '@/strings/t'

const OFFERS = new Set<string>(['counter_offered', 'second_chance'])
const DECISIONS = new Set<string>(['decision_required', 'counter_rejected'])

/** Where a notification leads. */
export function placeOf(one: Notification): string {
  if (DECISIONS.has(one.kind)) return '/me/auctions'
  if (OFFERS.has(one.kind)) return '/me/bids'
  if (one.kind === ('payment_reminder' as string) && one.order_id) return `/orders/${one.order_id}/pay`
  const isOfBidding = one.kind === 'won' || one.kind === 'sold'
  if (one.order_id && !isOfBidding) return `/orders/${one.order_id}`
  if (one.auction_id) return `/auctions/${one.auction_id}`
  return one.listing_id ? `/listings/${one.listing_id}` : '/me/bids'
}

/** The words of a notification. */
export function wordsOf(one: Notification): string {
  const amount = one.amount !== null && one.currency !== null ? formatMoney(one.amount, one.currency) : ''
  switch (one.kind as string) {
    case 'outbid':
      return t('notifications.outbid', { amount })
    case 'won':
      return t('notifications.won', { amount })
    case 'sold':
      return t('notifications.sold', { amount })
    case 'decision_required':
      return t('notifications.decision_required', { amount })
    case 'counter_offered':
      return t('notifications.counter_offered', { amount })
    case 'second_chance':
      return t('notifications.second_chance', { amount })
    case 'auction_cancelled':
      return one.reason ?? t('notifications.auction_cancelled')
    case 'offer_rejected':
      return t('notifications.offer_rejected')
    case 'counter_rejected':
      return t('notifications.counter_rejected')
    case 'auction_started':
      return t('notifications.auction_started')
    case 'order_created':
      return t('notifications.order_created')
    case 'order_paid':
      return t('notifications.order_paid', { amount })
    case 'order_shipped':
      return t('notifications.order_shipped')
    case 'order_delivered':
      return t('notifications.order_delivered')
    case 'order_completed':
      return t('notifications.order_completed')
    case 'payment_reminder':
      return t('notifications.payment_reminder', { amount })
    case 'order_cancelled':
      return one.reason ?? t('notifications.order_cancelled')
    case 'refund':
      return t('notifications.refund', { amount })
    case 'dispute_opened':
      return t('notifications.dispute_opened')
    case 'meeting_proposed':
      return t('notifications.meeting_proposed')
    case 'meeting_agreed':
      return t('notifications.meeting_agreed')
    case 'dispute_answered':
      return t('notifications.dispute_answered')
    case 'dispute_resolved':
      return t('notifications.dispute_resolved')
    case 'rating_received':
      return t('notifications.rating_received')
    default:
      // A server newer than this client: better a little said than nothing.
      return t('notifications.other')
  }
}
