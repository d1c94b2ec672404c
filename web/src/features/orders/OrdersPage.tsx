import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { ChevronRight, PackageOpen } from 'lucide-react'
import { counterparty, ordersQuery, type Order, type Party } from '@/api/orders'
import { formatExact } from '@/shared/amounts'
import { cx } from '@/shared/cx'
import { useTitle } from '@/shared/title'
import { m } from '@/strings/money'
import { t } from '@/strings/t'
import { EmptyState, Picture, Skeleton } from '@/ui/bits'
import { buttonClass } from '@/ui/Button'
import { Deadline } from '@/ui/Deadline'
import { Failure } from '@/ui/Failure'
import { PageFrame, Section } from '@/ui/Grid'
import { OrderBadge } from '@/ui/OrderBadge'
import { SignedIn } from '@/ui/SignedIn'
import { isUrgent, nextOf } from './next'

const ROLES: readonly (readonly [role: Party, words: string])[] = [
  ['buyer', m('orders.buying')],
  ['seller', m('orders.selling')],
]

/** What the person has bought and sold; what waits for them stands first. */
export function OrdersPage() {
  useTitle(t('nav.orders'))
  return (
    <PageFrame title={t('nav.orders')} lead={m('orders.lead')}>
      <SignedIn>{user => <Mine userId={user.id} />}</SignedIn>
    </PageFrame>
  )
}

function Mine({ userId }: { userId: string }) {
  const asked = useSearch({ from: '/orders' }).role
  const navigate = useNavigate({ from: '/orders' })
  const found = { buyer: useQuery(ordersQuery('buyer')), seller: useQuery(ordersQuery('seller')) }
  const waiting = (of: Party) => found[of].data?.items.filter(order => isUrgent(order, of)).length ?? 0
  // Who did not choose a side sees the one with something on it.
  const onlySells = found.buyer.data?.items.length === 0 && (found.seller.data?.items.length ?? 0) > 0
  const role = asked ?? (onlySells ? 'seller' : 'buyer')
  return (
    <div className="-mt-2 grid grid-cols-1 gap-7">
      <div
        role="tablist"
        aria-label={t('nav.orders')}
        className="inline-grid w-full grid-cols-2 gap-1 rounded-full bg-sunken p-1 sm:w-96"
      >
        {ROLES.map(([of, words]) => (
          <button
            key={of}
            type="button"
            role="tab"
            id={`orders-${of}`}
            aria-selected={role === of}
            aria-controls="orders-list"
            tabIndex={role === of ? 0 : -1}
            onClick={() => void navigate({ search: { role: of }, replace: true })}
            onKeyDown={event => {
              if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return
              const other = of === 'buyer' ? 'seller' : 'buyer'
              document.getElementById(`orders-${other}`)?.focus()
              void navigate({ search: { role: other }, replace: true })
            }}
            className={cx(
              'flex h-11 items-center justify-center gap-2 rounded-full text-sm font-semibold transition',
              role === of ? 'bg-raised text-ink shadow-card' : 'text-ink-2 hover:text-ink',
            )}
          >
            {words}
            {waiting(of) > 0 && (
              <span className="figures grid h-5 min-w-5 place-items-center rounded-full bg-accent px-1.5 text-xs font-bold text-on-accent">
                {waiting(of)}
                <span className="sr-only"> {m('orders.waitingForYou')}</span>
              </span>
            )}
          </button>
        ))}
      </div>
      <div
        id="orders-list"
        role="tabpanel"
        aria-labelledby={`orders-${role}`}
        className="grid grid-cols-1 gap-9"
      >
        <List role={role} userId={userId} found={found[role]} />
      </div>
    </div>
  )
}

type Found = ReturnType<typeof useQuery<{ items: Order[]; next_cursor: string | null }>>

function List({ role, userId, found }: { role: Party; userId: string; found: Found }) {
  if (found.isPending) return <RowsSkeleton />
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />
  const all = found.data.items
  if (all.length === 0) {
    return (
      <EmptyState
        icon={<PackageOpen className="size-7" />}
        title={m(role === 'buyer' ? 'orders.emptyBuying' : 'orders.emptySelling')}
        action={
          role === 'buyer' ? (
            <Link to="/" className={buttonClass()}>
              {t('bids.browse')}
            </Link>
          ) : (
            <Link to="/sell" className={buttonClass()}>
              {t('selling.new')}
            </Link>
          )
        }
      >
        {m(role === 'buyer' ? 'orders.emptyBuyingLead' : 'orders.emptySellingLead')}
      </EmptyState>
    )
  }
  const yours = all.filter(order => isUrgent(order, role))
  const running = all.filter(order => !yours.includes(order) && order.next.who !== 'nobody')
  const over = all.filter(order => !yours.includes(order) && !running.includes(order))
  const groups = [
    [m('orders.yours'), yours],
    [m('orders.running'), running],
    [m('orders.over'), over],
  ] as const
  return groups.map(
    ([title, orders]) =>
      orders.length > 0 && (
        <Section key={title} title={title}>
          <ul className="grid grid-cols-1 gap-3">
            {orders.map(order => (
              <Row key={order.id} order={order} role={role} userId={userId} />
            ))}
          </ul>
        </Section>
      ),
  )
}

function Row({ order, role, userId }: { order: Order; role: Party; userId: string }) {
  const next = nextOf(order, role)
  const isYours = isUrgent(order, role)
  return (
    <li className="animate-rise">
      <Link
        to={order.may.includes('pay') ? '/orders/$orderId/pay' : '/orders/$orderId'}
        params={{ orderId: order.id }}
        className={cx(
          'group grid grid-cols-[4.5rem_1fr_auto] items-center gap-x-4 gap-y-3 rounded-2xl border bg-raised p-3 transition sm:grid-cols-[6rem_1fr_auto] sm:gap-x-5',
          isYours ? 'border-accent shadow-card' : 'border-line hover:border-line-strong',
        )}
      >
        <Picture
          src={order.listing.image_url}
          alt=""
          sizes="96px"
          className="aspect-square self-start rounded-xl sm:aspect-4/3"
        />
        <div className="grid min-w-0 gap-1">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <OrderBadge order={order} />
            <span className="truncate text-sm text-ink-3">{counterparty(order, userId).display_name}</span>
          </div>
          <p className="line-clamp-2 leading-snug font-semibold group-hover:text-accent">
            {order.listing.title}
          </p>
          <p className={cx('text-sm', isYours ? 'font-semibold text-ink' : 'text-ink-2')}>{next.title}</p>
          {next.by && (
            <p className="text-sm text-ink-3">
              <Deadline by={next.by} over={m('deadline.over')} />
            </p>
          )}
          <p className="figures font-semibold sm:hidden">
            {formatExact(amountOf(order, role), order.currency)}
          </p>
        </div>
        <div className="flex items-center gap-3 self-stretch">
          <span className="figures hidden font-display text-xl font-bold sm:block">
            {formatExact(amountOf(order, role), order.currency)}
          </span>
          <ChevronRight
            aria-hidden="true"
            className={cx(
              'size-5 transition group-hover:translate-x-0.5',
              isYours ? 'text-accent' : 'text-ink-3',
            )}
          />
        </div>
      </Link>
    </li>
  )
}

const amountOf = (order: Order, role: Party) => (role === 'buyer' ? order.total : order.seller_receives)

function RowsSkeleton() {
  return (
    <div className="grid min-h-dvh content-start gap-3">
      {[0, 1, 2].map(index => (
        <Skeleton key={index} className="h-28 rounded-2xl" />
      ))}
    </div>
  )
}
