import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Gavel, HandCoins } from 'lucide-react'
import { api } from '@/api/client'
import { myNotificationsQuery, type Notification } from '@/api/notifications'
import { ordersQuery, type Order } from '@/api/orders'
import type { Auction, Page, You } from '@/api/types'
import { auctionKey, useLiveAuction } from '@/live/auctions'
import { isOver, type LiveAuction } from '@/live/auctionState'
import { formatDateTime } from '@/shared/dates'
import { formatMoney } from '@/shared/money'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { AuctionRow, Rows } from '@/ui/AuctionRow'
import { Badge, EmptyState, Skeleton } from '@/ui/bits'
import { Button, buttonClass } from '@/ui/Button'
import { Failure, wordsFor } from '@/ui/Failure'
import { PageFrame, Section } from '@/ui/Grid'
import { SignedIn } from '@/ui/SignedIn'
import { toast } from '@/ui/toasts'

const SHOWN = 50
// Beyond these the rows show what the list said.
const FOLLOWED = 20
const OFFERS = new Set<string>(['counter_offered', 'second_chance'])

interface Bidding {
  auction: Auction
  you: You
}

/** Where the person's bids stand, offers to them, and what they bought. */
export function MyBidsPage() {
  useTitle(t('bids.title'))
  return (
    <PageFrame title={t('bids.title')} lead={t('bids.lead')} narrow={false}>
      <SignedIn>{() => <Mine />}</SignedIn>
    </PageFrame>
  )
}

function Mine() {
  const bids = useQuery({
    queryKey: ['mine', 'bids'],
    queryFn: async () =>
      (await api.get('/v1/bids/me', { query: { limit: SHOWN } })) as unknown as Page<Bidding>,
  })
  const orders = useQuery(ordersQuery('buyer'))
  const notifications = useQuery(myNotificationsQuery)
  if (bids.isPending) return <RowsSkeleton />
  if (bids.isError) return <Failure error={bids.error} retry={() => void bids.refetch()} />
  const all = bids.data.items
  const running = all.filter(one => !isOver(one.auction) || one.auction.status === 'awaiting_decision')
  const over = all.filter(one => !running.includes(one))
  const offers = (notifications.data?.items ?? []).filter(one => OFFERS.has(one.kind) && !one.read)
  const orderOf = new Map(orders.data?.items.map(order => [order.auction_id, order]))
  if (all.length === 0) {
    return (
      <EmptyState
        icon={<Gavel className="size-7" />}
        title={t('bids.emptyTitle')}
        action={
          <Link to="/" className={buttonClass()}>
            {t('bids.browse')}
          </Link>
        }
      >
        {t('bids.empty')}
      </EmptyState>
    )
  }
  return (
    <>
      {offers.length > 0 && (
        <Section title={t('bids.offers')}>
          <Rows>
            {offers.map(offer => (
              <Offer key={offer.id} offer={offer} />
            ))}
          </Rows>
        </Section>
      )}
      {running.length > 0 && (
        <Section title={t('bids.active')}>
          <Rows>
            {running.map((one, index) => (
              <Row key={one.auction.id} bidding={one} isFollowed={index < FOLLOWED} order={undefined} />
            ))}
          </Rows>
        </Section>
      )}
      {over.length > 0 && (
        <Section title={t('bids.over')}>
          <Rows>
            {over.map(one => (
              <Row
                key={one.auction.id}
                bidding={one}
                isFollowed={false}
                order={orderOf.get(one.auction.id)}
              />
            ))}
          </Rows>
        </Section>
      )}
    </>
  )
}

function PlaceBadge({ auction, you }: { auction: LiveAuction; you: You }) {
  if (auction.status === 'awaiting_decision') return <Badge tone="warn">{t('bids.waiting')}</Badge>
  if (you.status === 'leading') return <Badge tone="good">{t('bids.leading')}</Badge>
  if (you.status === 'won') return <Badge tone="good">{t('bids.won')}</Badge>
  if (you.status === 'outbid') return <Badge tone="warn">{t('bids.outbid')}</Badge>
  return <Badge>{t('bids.lost')}</Badge>
}

function Row({
  bidding,
  isFollowed,
  order,
}: {
  bidding: Bidding
  isFollowed: boolean
  order: Order | undefined
}) {
  const moving = useLiveAuction(bidding.auction.id, isFollowed)
  const auction: LiveAuction = isFollowed && moving ? moving : bidding.auction
  const you = (isFollowed ? moving?.you : null) ?? bidding.you
  const isOut = auction.status === 'live' && you.status === 'outbid'
  return (
    <AuctionRow
      auction={auction}
      badge={<PlaceBadge auction={auction} you={you} />}
      note={
        order ? (
          <>
            {order.status === 'pending_payment' &&
              `${t('orders.payBy', { at: formatDateTime(order.pay_by) })} · `}
            {t('orders.total', { amount: formatMoney(order.total, order.currency) })}
          </>
        ) : (
          you.max_amount !== null &&
          t('bids.maximum', { amount: formatMoney(you.max_amount, auction.currency) })
        )
      }
    >
      {order && (
        <Link
          to={order.may.includes('pay') ? '/orders/$orderId/pay' : '/orders/$orderId'}
          params={{ orderId: order.id }}
          className={buttonClass(order.may.includes('pay') ? 'primary' : 'plain', 'small')}
        >
          {t(order.may.includes('pay') ? 'bids.payNow' : 'bids.toOrder')}
        </Link>
      )}
      {isOut && (
        <Link
          to="/auctions/$auctionId"
          params={{ auctionId: auction.id }}
          className={buttonClass('primary', 'small')}
        >
          {t('bids.bidAgain')}
        </Link>
      )}
    </AuctionRow>
  )
}

function Offer({ offer }: { offer: Notification }) {
  const queryClient = useQueryClient()
  const auction = useLiveAuction(offer.auction_id ?? '', false)
  const answering = useMutation({
    mutationFn: (action: 'accept' | 'reject') =>
      api.post('/v1/counter-offers/{offer_id}/response', {
        path: { offer_id: offer.counter_offer_id ?? '' },
        body: { action },
      }),
    onSuccess: (_, action) => {
      toast(
        action === 'accept' ? t('bids.offerTaken') : t('bids.offerRefused'),
        action === 'accept' ? 'good' : 'plain',
      )
      void queryClient.invalidateQueries({ queryKey: auctionKey(offer.auction_id ?? '') })
    },
    onError: error => toast(wordsFor(error), 'bad'),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['mine'] }),
  })
  if (!auction || offer.amount === null || offer.currency === null) return null
  const amount = formatMoney(offer.amount, offer.currency)
  const isSecondChance = (offer.kind as string) === 'second_chance'
  return (
    <AuctionRow
      auction={auction}
      badge={
        <Badge tone="warn">
          <HandCoins aria-hidden="true" className="size-3.5" />
          {t(isSecondChance ? 'bids.secondChance' : 'bids.offer', { amount })}
        </Badge>
      }
      note={offer.answer_by && t('bids.offerUntil', { at: formatDateTime(offer.answer_by) })}
    >
      <Button
        size="small"
        busy={answering.isPending && answering.variables === 'accept'}
        onClick={() => answering.mutate('accept')}
      >
        {t('bids.offerAccept', { amount })}
      </Button>
      <Button
        size="small"
        look="plain"
        busy={answering.isPending && answering.variables === 'reject'}
        onClick={() => answering.mutate('reject')}
      >
        {t('bids.offerReject')}
      </Button>
    </AuctionRow>
  )
}

function RowsSkeleton() {
  return (
    <div className="grid gap-3">
      {[0, 1, 2].map(index => (
        <Skeleton key={index} className="h-28 rounded-2xl" />
      ))}
    </div>
  )
}
