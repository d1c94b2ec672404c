import { Banknote, Check, ShieldCheck, Undo2, UserRound } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Order, Party } from '@/api/orders'
import { formatExact } from '@/shared/amounts'
import { formatDateTime } from '@/shared/dates'
import { cx } from '@/shared/cx'
import { m } from '@/strings/money'
import { Card } from '@/ui/Card'
import { MoneyLines } from '@/ui/MoneyLines'
import { linesFor, placeOfMoney, type Place } from './sums'

/** What the person pays or gets, what it is made of, and where the money is now. */
export function MoneyCard({ order, party }: { order: Order; party: Party }) {
  return (
    <Card title={m('money.title')}>
      <MoneyLines lines={linesFor(order, party)} currency={order.currency} />
      <div className="grid gap-3 rounded-2xl bg-sunken p-4">
        <Track place={placeOfMoney(order)} party={party} />
        <p className="text-sm text-ink-2">{whereWords(order, party)}</p>
      </div>
    </Card>
  )
}

function Stop({
  isHere,
  isPassed,
  label,
  children,
}: {
  isHere: boolean
  isPassed: boolean
  label: string
  children: ReactNode
}) {
  return (
    <li
      aria-current={isHere ? 'step' : undefined}
      className={cx(
        'grid justify-items-center gap-1.5 text-center text-xs',
        isHere ? 'font-bold' : 'text-ink-3',
      )}
    >
      <span
        aria-hidden="true"
        className={cx(
          'grid size-10 place-items-center rounded-full',
          isHere ? 'bg-good text-raised' : isPassed ? 'bg-good-soft text-good' : 'bg-raised text-ink-3',
        )}
      >
        {isPassed ? <Check className="size-5" /> : children}
      </span>
      {label}
    </li>
  )
}

/** Buyer, market, seller: and at which of them the money is. */
function Track({ place, party }: { place: Place; party: Party }) {
  const isBuyer = party === 'buyer'
  return (
    <ol className="relative isolate grid grid-cols-3" aria-label={m('money.where')}>
      <span
        aria-hidden="true"
        className="absolute top-5 right-1/6 left-1/6 -z-10 h-0.5 -translate-y-1/2 bg-line"
      />
      <Stop
        isHere={place === 'buyer' || place === 'back'}
        isPassed={place === 'held' || place === 'seller'}
        label={isBuyer ? m('money.you') : m('money.buyer')}
      >
        {place === 'back' ? <Undo2 className="size-5" /> : <UserRound className="size-5" />}
      </Stop>
      <Stop isHere={place === 'held'} isPassed={place === 'seller'} label={m('money.held')}>
        <ShieldCheck className="size-5" />
      </Stop>
      <Stop isHere={place === 'seller'} isPassed={false} label={isBuyer ? m('money.seller') : m('money.you')}>
        <Banknote className="size-5" />
      </Stop>
    </ol>
  )
}

/** Where the money is, in one sentence. */
function whereWords(order: Order, party: Party): string {
  const total = formatExact(order.total, order.currency)
  const isBuyer = party === 'buyer'
  switch (placeOfMoney(order)) {
    case 'buyer':
      return m(order.status === 'cancelled' ? 'where.never' : isBuyer ? 'where.notYet' : 'where.notYetSeller')
    case 'held':
      if (order.status === 'disputed') return m('where.disputed', { amount: total })
      return order.escrow_release_at
        ? m(isBuyer ? 'where.heldUntil' : 'where.heldUntilSeller', {
            amount: total,
            at: formatDateTime(order.escrow_release_at),
          })
        : m(isBuyer ? 'where.held' : 'where.heldSeller', { amount: total })
    case 'seller':
      return isBuyer
        ? m('where.paidOut')
        : m('where.inWallet', { amount: formatExact(order.seller_receives, order.currency) })
    case 'back':
      return m(isBuyer ? 'where.back' : 'where.backSeller', {
        amount: formatExact(order.refunded_amount, order.currency),
      })
  }
}
