import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { ChevronRight, PackageSearch, Search, X } from 'lucide-react'
import { useState } from 'react'
import type { Order, OrderStatus } from '@/api/orders'
import { formatExact } from '@/shared/amounts'
import { formatDateTime } from '@/shared/dates'
import { m } from '@/strings/money'
import { s } from '@/strings/staff'
import { EmptyState, Picture, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Failure } from '@/ui/Failure'
import { Field, Select } from '@/ui/Field'
import { More } from '@/ui/More'
import { OrderBadge } from '@/ui/OrderBadge'
import { staffOrdersQuery } from './calls'
import { StaffFrame } from './StaffFrame'

const STATUSES = [
  'pending_payment',
  'in_escrow',
  'shipped',
  'delivered',
  'disputed',
  'completed',
  'refunded',
  'cancelled',
] as const satisfies readonly OrderStatus[]

/** Everybody's orders: by id, by person, by state. The address holds the question, so it can be passed on. */
export function OrdersPage() {
  return (
    <StaffFrame title={s('orders.title')}>
      <Orders />
    </StaffFrame>
  )
}

function Orders() {
  const asked = useSearch({ from: '/staff/orders' })
  const navigate = useNavigate({ from: '/staff/orders' })
  const find = asked.find ?? ''
  const status = STATUSES.find(one => one === asked.status) ?? null
  const found = useInfiniteQuery(staffOrdersQuery({ find, status }))
  const all = found.data?.pages.flatMap(page => page.items) ?? []
  const ask = (changes: typeof asked) => void navigate({ search: before => ({ ...before, ...changes }) })
  return (
    <div className="grid grid-cols-1 gap-5">
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_15rem] lg:items-start">
        <Finder key={find} find={find} onFind={text => ask({ find: text || undefined })} />
        <Select
          label={s('orders.state')}
          value={status ?? ''}
          onChange={event => ask({ status: event.target.value || undefined })}
          options={[['', s('orders.all')], ...STATUSES.map(one => [one, m(`status.${one}`)] as const)]}
        />
      </div>
      {found.isPending && (
        <div className="grid gap-3">
          {[0, 1, 2].map(index => (
            <Skeleton key={index} className="h-24 rounded-2xl" />
          ))}
        </div>
      )}
      {found.isError && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && all.length === 0 && (
        <EmptyState icon={<PackageSearch className="size-7" />} title={s('orders.empty')}>
          {s(find ? 'orders.emptyFind' : 'orders.emptyLead')}
        </EmptyState>
      )}
      {all.length > 0 && (
        <ul className="grid grid-cols-1 gap-3">
          {all.map(one => (
            <Row key={one.id} order={one} />
          ))}
        </ul>
      )}
      <More found={found} />
    </div>
  )
}

function Finder({ find, onFind }: { find: string; onFind: (text: string) => void }) {
  const [typed, setTyped] = useState(find)
  return (
    <form
      role="search"
      className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-2.5"
      onSubmit={event => {
        event.preventDefault()
        onFind(typed.trim())
      }}
    >
      <Field
        label={s('orders.find')}
        hint={s('orders.findHint')}
        value={typed}
        onChange={event => setTyped(event.target.value)}
        autoComplete="off"
        spellCheck={false}
        maxLength={80}
      />
      <div className="flex gap-2 pt-[1.625rem]">
        <Button type="submit" className="h-12!">
          <Search aria-hidden="true" className="size-4.5" />
          <span className="max-sm:sr-only">{s('orders.look')}</span>
        </Button>
        {find !== '' && (
          <Button look="plain" className="h-12!" onClick={() => onFind('')}>
            <X aria-hidden="true" className="size-4.5" />
            <span className="max-sm:sr-only">{s('orders.clear')}</span>
          </Button>
        )}
      </div>
    </form>
  )
}

function Row({ order }: { order: Order }) {
  return (
    <li>
      <Link
        to="/staff/orders/$orderId"
        params={{ orderId: order.id }}
        className="group grid grid-cols-[4rem_minmax(0,1fr)] items-start gap-x-4 rounded-2xl border border-line bg-raised p-3.5 transition hover:border-line-strong sm:grid-cols-[4rem_minmax(0,1fr)_auto_auto] sm:items-center sm:px-5"
      >
        <Picture src={order.listing.image_url} alt="" sizes="64px" className="aspect-square rounded-xl" />
        <div className="grid min-w-0 gap-1">
          <p className="line-clamp-2 leading-snug font-semibold group-hover:text-accent">
            {order.listing.title}
          </p>
          <p className="text-sm text-ink-2">
            {s('case.parties', { buyer: order.buyer.display_name, seller: order.seller.display_name })}
          </p>
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-ink-3">
            <OrderBadge order={order} />
            {formatDateTime(order.created_at)}
          </p>
          <p className="figures font-semibold sm:hidden">{formatExact(order.total, order.currency)}</p>
        </div>
        <span className="figures font-semibold max-sm:hidden">
          {formatExact(order.total, order.currency)}
        </span>
        <ChevronRight aria-hidden="true" className="size-5 text-ink-3 max-sm:hidden" />
      </Link>
    </li>
  )
}
