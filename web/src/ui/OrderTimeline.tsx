import { Check } from 'lucide-react'
import type { Order, Party } from '@/api/orders'
import { formatDateTime } from '@/shared/dates'
import { cx } from '@/shared/cx'
import { m } from '@/strings/money'
import { Card } from './Card'
import { stepsOf } from './orderSteps'

/** What has happened, and what is still to come, on one line through time; without a `party` as staff see it. */
export function OrderTimeline({ order, party }: { order: Order; party: Party | null }) {
  const steps = stepsOf(order, party)
  return (
    <Card title={m('timeline.title')}>
      <ol className="grid grid-cols-1">
        {steps.map((step, index) => {
          const isLast = index === steps.length - 1
          const isPast = step.at !== null
          return (
            <li key={index} className="relative grid grid-cols-[1.75rem_1fr] gap-x-3 pb-5 last:pb-0">
              {!isLast && (
                <span
                  aria-hidden="true"
                  className={cx(
                    'absolute top-7 bottom-0 left-[0.8125rem] w-0.5 rounded-full',
                    steps[index + 1]?.at ? 'bg-good' : 'bg-line',
                  )}
                />
              )}
              <span
                aria-hidden="true"
                className={cx(
                  'grid size-7 place-items-center rounded-full',
                  isPast ? 'bg-good-soft text-good' : 'border-2 border-dashed border-line-strong',
                )}
              >
                {isPast && <Check className="size-4" strokeWidth={3} />}
              </span>
              <div className="grid gap-0.5 pt-0.5">
                <p className={isPast ? 'font-medium' : 'text-ink-2'}>
                  {!isPast && <span className="sr-only">{m('timeline.ahead')} </span>}
                  {step.words}
                </p>
                {step.at && (
                  <time dateTime={step.at} className="text-sm text-ink-3">
                    {formatDateTime(step.at)}
                  </time>
                )}
                {step.note && <p className="text-sm whitespace-pre-line text-ink-2">{step.note}</p>}
              </div>
            </li>
          )
        })}
      </ol>
    </Card>
  )
}
