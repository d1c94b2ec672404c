import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ArrowLeft, PartyPopper } from 'lucide-react'
import { orderQuery, partyOf, type Order } from '@/api/orders'
import { useTitle } from '@/shared/title'
import { m } from '@/strings/money'
import { EmptyState, Skeleton } from '@/ui/bits'
import { buttonClass } from '@/ui/Button'
import { Failure } from '@/ui/Failure'
import { PageFrame } from '@/ui/Grid'
import { SignedIn } from '@/ui/SignedIn'
import { MeetingCard } from './MeetingCard'
import { Places } from './Places'
import { ScanCode } from './ScanCode'
import { ShowCode } from './ShowCode'

/** Meeting in person: the buyer shows a code, the seller reads it, and the money moves. */
export function MeetPage() {
  const { orderId } = useParams({ from: '/orders/$orderId/meet' })
  useTitle(m('meet.title'))
  return (
    <PageFrame narrow>
      <SignedIn>{user => <Meet key={orderId} orderId={orderId} userId={user.id} />}</SignedIn>
    </PageFrame>
  )
}

function Meet({ orderId, userId }: { orderId: string; userId: string }) {
  const { data: order, error, refetch } = useQuery(orderQuery(orderId))
  if (!order && error) return <Failure error={error} retry={() => void refetch()} />
  if (!order) return <Skeleton className="h-[70dvh] rounded-3xl" />
  const party = partyOf(order, userId)
  return (
    <div className="grid grid-cols-1 gap-6">
      <div className="grid gap-3">
        <Link
          to="/orders/$orderId"
          params={{ orderId }}
          className="inline-flex w-fit items-center gap-1.5 text-sm font-semibold text-ink-2 hover:text-ink"
        >
          <ArrowLeft aria-hidden="true" className="size-4" />
          {m('order.back')}
        </Link>
        <h1 className="text-3xl font-extrabold sm:text-4xl">{m('meet.title')}</h1>
        <p className="text-ink-2">{order.listing.title}</p>
      </div>
      {order.status === 'completed' ? (
        <Done order={order} isBuyer={party === 'buyer'} />
      ) : order.may.includes('show_code') ? (
        <ShowCode order={order} />
      ) : order.may.includes('scan_code') ? (
        <ScanCode order={order} />
      ) : (
        <EmptyState title={m('meet.notNow')}>{m('meet.notNowLead')}</EmptyState>
      )}
      {order.meeting && order.status !== 'completed' && (
        <MeetingCard order={order} meeting={order.meeting} party={party} />
      )}
      {order.may.includes('choose_place') && <Places order={order} />}
    </div>
  )
}

function Done({ order, isBuyer }: { order: Order; isBuyer: boolean }) {
  return (
    <div
      role="status"
      className="grid animate-rise justify-items-center gap-3 rounded-3xl bg-good-soft p-8 text-center text-good"
    >
      <PartyPopper aria-hidden="true" className="size-10" />
      <p className="font-display text-2xl font-bold">{m('meet.done')}</p>
      <p>{m(isBuyer ? 'meet.doneBuyer' : 'meet.doneSeller')}</p>
      <Link
        to="/orders/$orderId"
        params={{ orderId: order.id }}
        hash="rating"
        className={buttonClass('plain')}
      >
        {m(order.may.includes('rate') ? 'act.rate' : 'order.back')}
      </Link>
    </div>
  )
}
