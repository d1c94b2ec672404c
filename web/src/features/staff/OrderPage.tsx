import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ArrowLeft, BookOpenText, Scale, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Order } from '@/api/orders'
import { formatExact } from '@/shared/amounts'
import { formatDateTime } from '@/shared/dates'
import { s } from '@/strings/staff'
import { Avatar, Badge, Picture, Skeleton } from '@/ui/bits'
import { Card } from '@/ui/Card'
import { Deadline } from '@/ui/Deadline'
import { Failure } from '@/ui/Failure'
import { MoneyLines } from '@/ui/MoneyLines'
import { OrderBadge } from '@/ui/OrderBadge'
import { OrderTimeline } from '@/ui/OrderTimeline'
import { buyersLines } from './buyersLines'
import { paymentsOfOrderQuery, staffOrderQuery } from './calls'
import { paymentTone, paymentWords } from './payments'
import { RefundButton } from './Refund'
import { StaffFrame } from './StaffFrame'

/** One order as staff see it: both sides, the money, its payments and all that happened. */
export function OrderPage() {
  const { orderId } = useParams({ from: '/staff/orders/$orderId' })
  return (
    <StaffFrame title={s('order.title')}>
      <Link
        to="/staff/orders"
        search={{}}
        className="-mt-3 inline-flex w-fit items-center gap-1.5 text-sm font-semibold text-ink-2 hover:text-ink"
      >
        <ArrowLeft aria-hidden="true" className="size-4" />
        {s('orders.back')}
      </Link>
      <One key={orderId} id={orderId} />
    </StaffFrame>
  )
}

function One({ id }: { id: string }) {
  const { data: order, error, refetch } = useQuery(staffOrderQuery(id))
  if (!order && error) return <Failure error={error} retry={() => void refetch()} />
  if (!order) return <Skeleton className="h-96 rounded-3xl" />
  return (
    <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,1.3fr)_minmax(0,1fr)] lg:gap-8">
      {/* On a phone one column: what it is, the money, and at last all that happened. */}
      <div className="grid grid-cols-1 gap-6 max-lg:contents">
        <What order={order} />
        <div className="max-lg:order-last">
          <OrderTimeline order={order} party={null} />
        </div>
      </div>
      <div className="grid grid-cols-1 gap-6 lg:sticky lg:top-24">
        <Money order={order} />
        <Payments orderId={order.id} />
        <Elsewhere order={order} />
      </div>
    </div>
  )
}

function What({ order }: { order: Order }) {
  const { who, by } = order.next
  return (
    <Card>
      <div className="flex items-center gap-4">
        <Picture src={order.listing.image_url} alt="" className="size-20 shrink-0 rounded-2xl" />
        <div className="grid min-w-0 gap-1.5">
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-ink-3">
            <OrderBadge order={order} />
            {formatDateTime(order.created_at)}
          </span>
          <p className="text-lg font-bold">{order.listing.title}</p>
        </div>
      </div>
      {who !== 'nobody' && (
        <p className="flex flex-wrap gap-x-2 rounded-2xl bg-sunken px-4 py-3 text-sm">
          <span className="font-semibold">{s(`order.waits.${who}`)}</span>
          {by && <Deadline by={by} over={s('deadline.over')} />}
        </p>
      )}
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
        <Person role={s('order.buyer')} person={order.buyer} />
        <Person role={s('order.seller')} person={order.seller} />
      </div>
      <dl className="grid gap-3 border-t border-line pt-4 text-sm sm:grid-cols-2">
        <Fact name={s('order.id')}>
          <span className="font-mono text-xs break-all select-all">{order.id}</span>
        </Fact>
        {order.shipment && (
          <Fact name={order.shipment.carrier}>
            <span className="figures break-all select-all">{order.shipment.tracking ?? '—'}</span>
          </Fact>
        )}
        {order.invoice_number !== null && (
          <Fact name={s('order.invoice')}>
            <span className="figures select-all">{order.invoice_number}</span>
          </Fact>
        )}
        {order.meeting && (
          <Fact name={s('order.meeting')}>
            {order.meeting.safe_zone.name}, {formatDateTime(order.meeting.at)}
          </Fact>
        )}
      </dl>
    </Card>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-ink-3">{name}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  )
}

function Person({ role, person }: { role: string; person: Order['buyer'] }) {
  return (
    <div className="grid gap-3 rounded-2xl border border-line p-4">
      <div className="flex items-center gap-3">
        <Avatar name={person.display_name} />
        <span className="min-w-0">
          <span className="block text-sm text-ink-3">{role}</span>
          <Link
            to="/people/$userId"
            params={{ userId: person.id }}
            className="block truncate font-semibold hover:text-accent"
          >
            {person.display_name}
          </Link>
        </span>
      </div>
      <p className="font-mono text-xs break-all text-ink-3 select-all">{person.id}</p>
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-sm font-semibold text-accent">
        <Link to="/staff/orders" search={{ find: person.id }} className="hover:underline">
          {s('order.theirOrders')}
        </Link>
        <Link to="/staff/ledger" search={{ id: person.id }} className="hover:underline">
          {s('order.theirMoney')}
        </Link>
      </p>
    </div>
  )
}

function Money({ order }: { order: Order }) {
  const { fees } = order
  return (
    <Card title={s('case.money')}>
      <MoneyLines
        currency={order.currency}
        lines={[
          ...buyersLines(order),
          { name: s('money.fees'), amount: fees.commission + fees.escrow_fee, look: 'quiet' },
          { name: s('money.seller'), amount: order.seller_receives, look: 'quiet' },
        ]}
      />
    </Card>
  )
}

function Payments({ orderId }: { orderId: string }) {
  const { data, error, refetch } = useQuery(paymentsOfOrderQuery(orderId))
  if (!data && error) return <Failure error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton className="h-32 rounded-3xl" />
  return (
    <Card title={s('order.payments')}>
      {data.items.length === 0 && <p className="text-ink-2">{s('order.noPayments')}</p>}
      <ul className="grid grid-cols-1 divide-y divide-line empty:hidden">
        {data.items.map(one => (
          <li key={one.id} className="flex items-center justify-between gap-4 py-3 first:pt-0 last:pb-0">
            <div className="grid min-w-0 gap-1">
              <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="figures font-semibold">{formatExact(one.amount, one.currency)}</span>
                <Badge tone={paymentTone(one.status)}>{paymentWords(one.status)}</Badge>
              </p>
              <p className="text-sm text-ink-3">
                {[one.card ?? one.provider ?? one.method, formatDateTime(one.created_at)].join(' · ')}
              </p>
            </div>
            <RefundButton payment={one} />
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Elsewhere({ order }: { order: Order }) {
  return (
    <nav aria-label={s('order.elsewhere')} className="grid grid-cols-1 gap-2">
      {order.dispute && (
        <Link to="/staff/disputes/$disputeId" params={{ disputeId: order.dispute.id }} className={ELSEWHERE}>
          <Way icon={Scale}>{s('order.toDispute')}</Way>
        </Link>
      )}
      <Link to="/staff/ledger" search={{ id: order.id }} className={ELSEWHERE}>
        <Way icon={BookOpenText}>{s('order.toLedger')}</Way>
      </Link>
    </nav>
  )
}

const ELSEWHERE =
  'flex items-center gap-3 rounded-2xl border border-line bg-raised px-4 py-3 font-semibold transition hover:border-line-strong'

function Way({ icon: Icon, children }: { icon: LucideIcon; children: ReactNode }) {
  return (
    <>
      <Icon aria-hidden="true" className="size-5 text-accent" />
      {children}
    </>
  )
}
