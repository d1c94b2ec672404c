import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Notification } from '@/api/notifications'
import { useUser } from '@/api/useSession'
import { auctionKey } from '@/live/auctions'
import type { LiveAuction } from '@/live/auctionState'
import { PERSONAL_CHANNEL } from '@/live/channel'
import type { LiveEvent } from '@/live/frames'
import { live } from '@/live/live'
import { hearOwnBids, isNewsOfOtherDevice } from '@/live/ownBids'
import { formatMoney } from '@/shared/money'
import { t } from '@/strings/t'
import { toast, type Tone } from '@/ui/toasts'

/** Of an order: the words and how loud they are. */
const OF_ORDERS: Record<string, (price: string) => [text: string, tone: Tone]> = {
  order_paid: price => [t('toast.paid', { price }), 'good'],
  order_shipped: () => [t('toast.shipped'), 'good'],
  order_completed: () => [t('toast.completed'), 'good'],
  payment_reminder: price => [t('toast.reminder', { price }), 'warn'],
  refund: price => [t('toast.refund', { price }), 'plain'],
  meeting_proposed: () => [t('toast.meeting'), 'warn'],
  meeting_agreed: () => [t('toast.meetingAgreed'), 'good'],
  dispute_answered: () => [t('toast.disputeAnswered'), 'plain'],
  dispute_opened: () => [t('toast.dispute'), 'warn'],
}

function tellOfOrder(one: Notification, price: string): void {
  const words = OF_ORDERS[one.kind]?.(price)
  const to = `/orders/${String(one.order_id)}`
  // The order's own pages say it themselves.
  if (words && one.order_id !== null && !location.pathname.startsWith(to))
    toast(...words, { to, text: t('toast.look') })
}

/** In a fight people are outbid many times a second: what the events change is asked for once in a while. */
const GATHER_MS = 1_000

/** Hears what is said to the person alone, on whatever page it is. */
export function PersonalEvents() {
  const user = useUser()
  const queryClient = useQueryClient()
  const userId = user?.id
  useEffect(() => {
    if (userId === undefined) return undefined
    const refresh = gathered(queryClient)
    const stop = live.watch(PERSONAL_CHANNEL, {
      snapshot: refresh.soon,
      event(event) {
        // An order moves a few times in its life, and somebody may be looking at it: now, not soon.
        if (event.type === 'order_updated') void queryClient.invalidateQueries({ queryKey: ['mine'] })
        else refresh.soon()
        learn(queryClient, event)
        tell(event)
      },
    })
    const stopHearing = hearOwnBids(queryClient)
    return () => {
      stop()
      stopHearing()
      refresh.cancel()
    }
  }, [userId, queryClient])
  return null
}

function gathered(queryClient: QueryClient) {
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    soon() {
      timer ??= setTimeout(() => {
        timer = undefined
        void queryClient.invalidateQueries({ queryKey: ['mine'] })
      }, GATHER_MS)
    },
    cancel() {
      clearTimeout(timer)
    },
  }
}

/** A bid from another device: the snapshot says which alias is the person, and events are understood from there on. */
function learn(queryClient: QueryClient, event: LiveEvent): void {
  const { auction_id: auctionId } = event.data as { auction_id?: string }
  if (auctionId === undefined) return
  const known = queryClient.getQueryData<LiveAuction>(auctionKey(auctionId))
  if (isNewsOfOtherDevice(known, event)) live.restart(`auction:${auctionId}`)
}

/** What is worth a word on any page; the room itself says its own things, louder. */
function tell(event: LiveEvent): void {
  const { auction_id: auctionId } = event.data as { auction_id?: string }
  const to = `/auctions/${String(auctionId)}`
  if (location.pathname === to) return
  if (event.type === 'outbid') {
    const { current_price: price, currency } = event.data as { current_price: number; currency: string }
    toast(t('toast.outbid', { price: formatMoney(price, currency) }), 'warn', { to, text: t('toast.look') })
    return
  }
  if (event.type !== 'notification') return
  const one = event.data as unknown as Notification
  if (one.read) return
  const price = one.amount !== null && one.currency !== null ? formatMoney(one.amount, one.currency) : ''
  const say = (text: string, tone: Tone, where = to, link = t('toast.look')) =>
    toast(text, tone, { to: where, text: link })
  if (one.kind === 'won') say(t('toast.won', { price }), 'good')
  else if (one.kind === 'sold') say(t('toast.sold', { price }), 'good')
  else if (one.kind === 'decision_required')
    say(t('toast.decide'), 'warn', '/me/auctions', t('toast.decideLink'))
  else if (one.kind === 'counter_offered') say(t('toast.countered', { price }), 'warn', '/me/bids')
  else if ((one.kind as string) === 'second_chance')
    say(t('toast.secondChance', { price }), 'warn', '/me/bids')
  else if (one.kind === 'auction_started') say(t('toast.started'), 'plain')
  else tellOfOrder(one, price)
}
