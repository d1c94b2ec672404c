import { useQuery } from '@tanstack/react-query'
import { Link, useParams, useSearch } from '@tanstack/react-router'
import { ArrowLeft, ShieldCheck } from 'lucide-react'
import { orderQuery, partyOf, type Order } from '@/api/orders'
import { countdownText, isoDuration, secondsLeft } from '@/shared/countdown'
import { formatDateTime } from '@/shared/dates'
import { useServerTime } from '@/shared/ticker'
import { useTitle } from '@/shared/title'
import { m } from '@/strings/money'
import { EmptyState, Picture, Skeleton } from '@/ui/bits'
import { buttonClass } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Failure } from '@/ui/Failure'
import { PageFrame } from '@/ui/Grid'
import { MoneyLines } from '@/ui/MoneyLines'
import { SignedIn } from '@/ui/SignedIn'
import { PayForm } from './PayForm'
import { PaymentResult } from './PaymentResult'
import { stageOf } from './stage'
import { totalLines } from './totals'

/** Paying for an order: what it is, what it costs, until when, and by what. */
export function CheckoutPage() {
  const { orderId } = useParams({ from: '/orders/$orderId/pay' })
  useTitle(m('pay.title'))
  return (
    <PageFrame>
      <SignedIn>{user => <Checkout key={orderId} orderId={orderId} userId={user.id} />}</SignedIn>
    </PageFrame>
  )
}

function Checkout({ orderId, userId }: { orderId: string; userId: string }) {
  const { returned = false } = useSearch({ from: '/orders/$orderId/pay' })
  const { data: order, error, refetch } = useQuery(orderQuery(orderId))
  if (!order && error) return <Failure error={error} retry={() => void refetch()} />
  if (!order) return <CheckoutSkeleton />
  if (partyOf(order, userId) !== 'buyer')
    return (
      <EmptyState
        title={m('pay.notYours')}
        action={
          <Link to="/orders/$orderId" params={{ orderId }} className={buttonClass('plain')}>
            {m('order.back')}
          </Link>
        }
      >
        {m('pay.notYoursLead')}
      </EmptyState>
    )
  const stage = stageOf(order, returned)
  return (
    <div className="mx-auto grid w-full max-w-5xl grid-cols-1 gap-6">
      <div className="grid gap-3">
        <Link
          to="/orders/$orderId"
          params={{ orderId }}
          className="inline-flex w-fit items-center gap-1.5 text-sm font-semibold text-ink-2 hover:text-ink"
        >
          <ArrowLeft aria-hidden="true" className="size-4" />
          {m('order.back')}
        </Link>
        <h1 className="text-3xl font-extrabold sm:text-4xl">{m('pay.title')}</h1>
      </div>
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.1fr)] lg:gap-10">
        <What order={order} />
        <div className="grid grid-cols-1 gap-5">
          {stage === 'open' ? (
            <>
              <PayBy order={order} />
              <PayForm order={order} />
            </>
          ) : (
            <PaymentResult order={order} stage={stage} />
          )}
        </div>
      </div>
    </div>
  )
}

function What({ order }: { order: Order }) {
  return (
    <Card>
      <div className="flex items-center gap-4">
        <Picture
          src={order.listing.image_url}
          alt=""
          sizes="96px"
          isFirst
          className="size-20 shrink-0 rounded-2xl sm:size-24"
        />
        <div className="grid min-w-0 gap-1">
          <p className="line-clamp-3 leading-snug font-semibold">{order.listing.title}</p>
          <p className="text-sm text-ink-2">{m('pay.from', { name: order.seller.display_name })}</p>
        </div>
      </div>
      <div className="border-t border-line pt-4">
        <MoneyLines lines={totalLines(order)} currency={order.currency} />
      </div>
      <p className="flex items-start gap-3 rounded-2xl bg-good-soft p-4 text-sm text-good">
        <ShieldCheck aria-hidden="true" className="size-5 shrink-0" />
        {m('pay.protected', { name: order.seller.display_name })}
      </p>
    </Card>
  )
}

function PayBy({ order }: { order: Order }) {
  const byMs = Date.parse(order.pay_by)
  const seconds = useServerTime(now => secondsLeft(byMs, now))
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1 rounded-3xl border border-line bg-raised px-5 py-4 sm:px-6">
      <p className="grid">
        <span className="text-sm text-ink-3">{m('pay.by')}</span>
        <span className="font-semibold">{formatDateTime(order.pay_by)}</span>
      </p>
      <time
        dateTime={isoDuration(seconds)}
        className={`figures font-display text-3xl font-bold ${seconds < 3_600 ? 'text-warn' : ''}`}
      >
        {seconds > 0 ? countdownText(seconds) : m('deadline.over')}
      </time>
    </div>
  )
}

function CheckoutSkeleton() {
  return (
    <div className="mx-auto grid min-h-dvh w-full max-w-5xl content-start gap-6">
      <Skeleton className="h-12 w-60" />
      <div className="grid gap-6 lg:grid-cols-2">
        <Skeleton className="h-96 rounded-3xl" />
        <Skeleton className="h-96 rounded-3xl" />
      </div>
    </div>
  )
}
