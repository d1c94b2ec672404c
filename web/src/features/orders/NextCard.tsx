import { Link } from '@tanstack/react-router'
import { CheckCircle2, CircleAlert, CreditCard, Hourglass, MapPin, QrCode, ScanLine } from 'lucide-react'
import type { Order, OrderAction, Party } from '@/api/orders'
import { cx } from '@/shared/cx'
import { m } from '@/strings/money'
import { Button, buttonClass } from '@/ui/Button'
import { Deadline } from '@/ui/Deadline'
import { CancelSheet, ConfirmSheet, DisputeSheet, RefundSheet, ShipSheet } from './ActionSheets'
import { firstAction, isOver, nextOf } from './next'
import { useSheet } from './useSheet'

/** What happens next: loud when it is the person's move, calm when it is another's. */
export function NextCard({ order, party }: { order: Order; party: Party }) {
  const next = nextOf(order, party)
  const isYours = next.isYours && !isOver(order)
  const Icon = isYours ? CircleAlert : isOver(order) ? CheckCircle2 : Hourglass
  return (
    <section
      aria-labelledby="next-title"
      className={cx(
        'grid animate-rise gap-5 rounded-3xl p-5 sm:p-7',
        isYours ? 'bg-raised shadow-card ring-2 ring-accent' : 'border border-line bg-raised',
      )}
    >
      <div className="flex items-start gap-4">
        <span
          aria-hidden="true"
          className={cx(
            'grid size-11 shrink-0 place-items-center rounded-full',
            isYours
              ? 'bg-accent-soft text-accent'
              : isOver(order)
                ? 'bg-good-soft text-good'
                : 'bg-sunken text-ink-2',
          )}
        >
          <Icon className="size-6" />
        </span>
        <div className="grid gap-1.5" role="status">
          <p className={cx('text-sm font-bold', isYours ? 'text-accent' : 'text-ink-3')}>
            {m(isOver(order) ? 'next.over' : isYours ? 'next.yours' : 'next.theirs')}
          </p>
          <h2 id="next-title" className="text-xl font-bold sm:text-2xl">
            {next.title}
          </h2>
          <p className="max-w-prose text-ink-2">{next.lead}</p>
        </div>
      </div>
      {next.by && (
        <p className="flex flex-wrap items-baseline gap-x-2 rounded-2xl bg-sunken px-4 py-3 text-sm">
          <span className="text-ink-3">{m('next.until')}</span>
          <Deadline by={next.by} over={m('deadline.over')} />
          {next.otherwise && <span className="w-full pt-1 text-ink-2">{next.otherwise}</span>}
        </p>
      )}
      <Actions order={order} party={party} />
    </section>
  )
}

const SHEETS = ['ship', 'confirm_delivery', 'cancel', 'refund', 'dispute'] as const
type InSheet = (typeof SHEETS)[number]
const isInSheet = (action: OrderAction): action is InSheet => SHEETS.includes(action as InSheet)

/** All the person may do now; the first of them stands out. */
function Actions({ order, party }: { order: Order; party: Party }) {
  const sheet = useSheet<InSheet>()
  const first = firstAction(order, party)
  const look = (action: OrderAction) => (action === first ? 'primary' : 'plain')
  const quiet = order.may
    .filter(isInSheet)
    .filter(action => action !== 'ship' && action !== 'confirm_delivery')
  const may = new Set(order.may)
  if (order.may.length === 0) return null
  return (
    <>
      <div className="flex flex-wrap gap-2.5 max-sm:[&>*]:w-full [&>.bg-accent]:order-first">
        {may.has('pay') && (
          <Link to="/orders/$orderId/pay" params={{ orderId: order.id }} className={buttonClass(look('pay'))}>
            <CreditCard aria-hidden="true" className="size-5" />
            {m('act.pay')}
          </Link>
        )}
        {may.has('show_code') && (
          <Link
            to="/orders/$orderId/meet"
            params={{ orderId: order.id }}
            className={buttonClass(look('show_code'))}
          >
            <QrCode aria-hidden="true" className="size-5" />
            {m('act.showCode')}
          </Link>
        )}
        {may.has('scan_code') && (
          <Link
            to="/orders/$orderId/meet"
            params={{ orderId: order.id }}
            className={buttonClass(look('scan_code'))}
          >
            <ScanLine aria-hidden="true" className="size-5" />
            {m('act.scanCode')}
          </Link>
        )}
        {may.has('choose_place') && (
          <Link
            to="/orders/$orderId/meet"
            params={{ orderId: order.id }}
            hash="places"
            className={buttonClass('plain')}
          >
            <MapPin aria-hidden="true" className="size-5" />
            {m(order.meeting ? 'act.changePlace' : 'act.choosePlace')}
          </Link>
        )}
        {may.has('ship') && (
          <Button look={look('ship')} onClick={() => sheet.open('ship')}>
            {m('act.ship')}
          </Button>
        )}
        {may.has('confirm_delivery') && (
          <Button look={look('confirm_delivery')} onClick={() => sheet.open('confirm_delivery')}>
            {m('act.confirm')}
          </Button>
        )}
        {may.has('respond') && (
          <a href="#dispute" className={buttonClass(look('respond'))}>
            {m(first === 'respond' ? 'act.respond' : 'act.addToCase')}
          </a>
        )}
        {may.has('rate') && (
          <a href="#rating" className={buttonClass(look('rate'))}>
            {m('act.rate')}
          </a>
        )}
      </div>
      {quiet.length > 0 && (
        <div className="-mb-1 flex flex-wrap gap-x-1 gap-y-1 border-t border-line pt-3">
          {quiet.map(action => (
            <Button key={action} look="quiet" size="small" onClick={() => sheet.open(action)}>
              {m(`act.${action}`)}
            </Button>
          ))}
        </div>
      )}
      <ShipSheet order={order} {...sheet.props('ship')} />
      <ConfirmSheet order={order} {...sheet.props('confirm_delivery')} />
      <CancelSheet order={order} {...sheet.props('cancel')} />
      <RefundSheet order={order} {...sheet.props('refund')} />
      <DisputeSheet order={order} {...sheet.props('dispute')} />
    </>
  )
}
