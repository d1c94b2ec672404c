import { Link } from '@tanstack/react-router'
import { CalendarX2, CircleCheckBig, Hourglass, Undo2 } from 'lucide-react'
import { waysOf, type Order } from '@/api/orders'
import { formatExact } from '@/shared/amounts'
import { cx } from '@/shared/cx'
import { m } from '@/strings/money'
import { buttonClass } from '@/ui/Button'
import type { Stage } from './stage'

type Ended = Exclude<Stage, 'open'>

const LOOKS = {
  paid: { icon: CircleCheckBig, tone: 'bg-good-soft text-good' },
  waiting: { icon: Hourglass, tone: 'bg-sunken text-ink-2' },
  late: { icon: CalendarX2, tone: 'bg-warn-soft text-warn' },
  over: { icon: Undo2, tone: 'bg-sunken text-ink-2' },
} as const

/** What came of it; it changes by itself when the provider tells. */
export function PaymentResult({ order, stage }: { order: Order; stage: Ended }) {
  const { icon: Icon, tone } = LOOKS[stage]
  const amount = formatExact(order.total, order.currency)
  const lead =
    stage === 'paid'
      ? m(!waysOf(order).includes('shipping') ? 'result.paidMeet' : 'result.paidShip', {
          amount,
          name: order.seller.display_name,
        })
      : stage === 'waiting'
        ? m('result.waitingLead')
        : stage === 'late'
          ? m('result.lateLead')
          : (order.cancel_reason ?? m('result.overLead'))
  return (
    <section
      role="status"
      className="grid animate-rise justify-items-center gap-4 rounded-3xl border border-line bg-raised p-7 text-center sm:p-10"
    >
      <span aria-hidden="true" className={cx('grid size-20 place-items-center rounded-full', tone)}>
        <Icon className={cx('size-10', stage === 'waiting' && 'animate-beat')} />
      </span>
      <h2 className="text-2xl font-bold sm:text-3xl">{m(`result.${stage}`)}</h2>
      <p className="max-w-prose text-ink-2">{lead}</p>
      <div className="mt-2 flex flex-wrap justify-center gap-2.5">
        <Link
          to="/orders/$orderId"
          params={{ orderId: order.id }}
          className={buttonClass(stage === 'paid' ? 'primary' : 'plain')}
        >
          {m('result.toOrder')}
        </Link>
        {stage === 'waiting' && (
          <Link
            to="/orders/$orderId/pay"
            params={{ orderId: order.id }}
            search={{}}
            className={buttonClass('quiet')}
          >
            {m('result.again')}
          </Link>
        )}
      </div>
    </section>
  )
}
