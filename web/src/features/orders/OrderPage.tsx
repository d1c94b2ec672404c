import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { orderQuery, partyOf, type Order, type Party } from '@/api/orders'
import { formatDateTime } from '@/shared/dates'
import { useTitle } from '@/shared/title'
import { m } from '@/strings/money'
import { t } from '@/strings/t'
import { Avatar, Picture, Skeleton } from '@/ui/bits'
import { Card } from '@/ui/Card'
import { Failure } from '@/ui/Failure'
import { PageFrame } from '@/ui/Grid'
import { OrderBadge } from '@/ui/OrderBadge'
import { OrderTimeline } from '@/ui/OrderTimeline'
import { SignedIn } from '@/ui/SignedIn'
import { DisputeCard } from './DisputeCard'
import { Invoice } from './Invoice'
import { MeetingCard } from './MeetingCard'
import { MoneyCard } from './MoneyCard'
import { NextCard } from './NextCard'
import { RatingCard } from './RatingCard'

/** One order: what happens next, the money, and all that has happened. */
export function OrderPage() {
  const { orderId } = useParams({ from: '/orders/$orderId' })
  return (
    <PageFrame>
      <SignedIn>{user => <One key={orderId} orderId={orderId} userId={user.id} />}</SignedIn>
    </PageFrame>
  )
}

function One({ orderId, userId }: { orderId: string; userId: string }) {
  const { data: order, error, refetch } = useQuery(orderQuery(orderId))
  useTitle(order ? order.listing.title : t('nav.orders'))
  if (!order && error) return <Failure error={error} retry={() => void refetch()} />
  if (!order) return <OrderSkeleton />
  const party = partyOf(order, userId)
  return (
    <div className="grid grid-cols-1 gap-6">
      <Head order={order} party={party} />
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,1.5fr)_minmax(0,1fr)] lg:gap-8">
        <div className="grid grid-cols-1 gap-6">
          <NextCard order={order} party={party} />
          {order.dispute && <DisputeCard order={order} dispute={order.dispute} party={party} />}
          {order.meeting && <MeetingCard order={order} meeting={order.meeting} party={party} />}
          <RatingCard order={order} party={party} />
          {order.shipment && <ShipmentCard shipment={order.shipment} />}
          <div className="max-lg:order-last">
            <OrderTimeline order={order} party={party} />
          </div>
        </div>
        <div className="grid grid-cols-1 gap-6 lg:sticky lg:top-24">
          <MoneyCard order={order} party={party} />
          <People order={order} party={party} />
        </div>
      </div>
    </div>
  )
}

function Head({ order, party }: { order: Order; party: Party }) {
  return (
    <div className="grid gap-4">
      <Link
        to="/orders"
        search={party === 'seller' ? { role: 'seller' } : {}}
        className="inline-flex w-fit items-center gap-1.5 text-sm font-semibold text-ink-2 hover:text-ink"
      >
        <ArrowLeft aria-hidden="true" className="size-4" />
        {m('order.all')}
      </Link>
      <div className="flex items-center gap-4 sm:gap-6">
        <Picture
          src={order.listing.image_url}
          alt=""
          sizes="128px"
          isFirst
          className="size-20 shrink-0 rounded-2xl sm:size-28"
        />
        <div className="grid min-w-0 gap-2">
          <div className="flex flex-wrap items-center gap-3">
            <OrderBadge order={order} />
            <span className="text-sm text-ink-3">{formatDateTime(order.created_at)}</span>
          </div>
          <h1 className="line-clamp-3 text-2xl font-extrabold sm:text-3xl lg:text-4xl">
            {order.listing.title}
          </h1>
        </div>
      </div>
    </div>
  )
}

function ShipmentCard({ shipment }: { shipment: NonNullable<Order['shipment']> }) {
  return (
    <Card title={m('shipment.title')}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-8 gap-y-4">
        <div>
          <dt className="text-sm text-ink-3">{m('shipment.carrier')}</dt>
          <dd className="font-semibold">{shipment.carrier}</dd>
        </div>
        <div className="min-w-0">
          <dt className="text-sm text-ink-3">{m('shipment.tracking')}</dt>
          <dd className="figures font-semibold wrap-anywhere select-all">
            {shipment.tracking ?? m('shipment.none')}
          </dd>
        </div>
      </dl>
      <p className="text-sm text-ink-3">{m('shipment.sent', { at: formatDateTime(shipment.shipped_at) })}</p>
    </Card>
  )
}

function People({ order, party }: { order: Order; party: Party }) {
  const other = party === 'buyer' ? order.seller : order.buyer
  return (
    <Card title={m('order.details')}>
      <p className="flex items-center gap-3">
        <Avatar name={other.display_name} />
        <span className="min-w-0">
          <span className="block text-sm text-ink-3">
            {m(party === 'buyer' ? 'order.seller' : 'order.buyer')}
          </span>
          <Link
            to="/people/$userId"
            params={{ userId: other.id }}
            className="block truncate font-semibold hover:text-accent"
          >
            {other.display_name}
          </Link>
        </span>
      </p>
      <dl className="grid gap-3 text-sm">
        <div>
          <dt className="text-ink-3">{m('order.handover')}</dt>
          <dd className="font-medium">{m(handoverKey(order))}</dd>
        </div>
        <div>
          <dt className="text-ink-3">{m('order.number')}</dt>
          <dd className="font-mono text-xs break-all select-all">{order.id}</dd>
        </div>
      </dl>
      <Link
        to={order.auction_id === null ? '/listings/$listingId' : '/auctions/$auctionId'}
        params={{ listingId: order.listing_id, auctionId: order.auction_id ?? '' }}
        className="text-sm font-semibold text-accent underline underline-offset-4"
      >
        {m(order.auction_id === null ? 'order.toListing' : 'order.toAuction')}
      </Link>
      {order.invoice_number !== null && <Invoice order={order} number={order.invoice_number} />}
    </Card>
  )
}

function handoverKey(order: Order) {
  if (order.fulfilment !== null) return order.fulfilment === 'meetup' ? 'order.inPerson' : 'order.byPost'
  return order.fulfilment_options.length > 1
    ? 'order.either'
    : order.fulfilment_options[0] === 'meetup'
      ? 'order.inPerson'
      : 'order.byPost'
}

function OrderSkeleton() {
  return (
    <div className="grid min-h-dvh content-start gap-6">
      <Skeleton className="h-28 rounded-2xl" />
      <div className="grid gap-6 lg:grid-cols-[minmax(0,1.5fr)_minmax(0,1fr)]">
        <Skeleton className="h-64 rounded-3xl" />
        <Skeleton className="h-80 rounded-3xl" />
      </div>
    </div>
  )
}
