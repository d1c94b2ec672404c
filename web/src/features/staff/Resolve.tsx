import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useMoneyMove } from '@/api/useMoneyMove'
import { formatExact } from '@/shared/amounts'
import { cx } from '@/shared/cx'
import { s } from '@/strings/staff'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { wordsFor } from '@/ui/Failure'
import { MoneyField, TextField } from '@/ui/Field'
import { MoneyLines } from '@/ui/MoneyLines'
import { Sheet } from '@/ui/Sheet'
import { toast } from '@/ui/toasts'
import { resolveCase, type Case } from './calls'
import { heldOf, outcomeOf, refundOf, type Way } from './decision'

const WAYS: readonly (readonly [way: Way, name: string, lead: string])[] = [
  ['release', s('way.release'), s('way.releaseLead')],
  ['partial', s('way.partial'), s('way.partialLead')],
  ['full', s('way.full'), s('way.fullLead')],
]

/** The decision: who gets what is shown before it is confirmed, and nothing moves before. */
export function Resolve({ one }: { one: Case }) {
  const { order } = one
  const [way, setWay] = useState<Way | null>(null)
  const [part, setPart] = useState<number | null>(null)
  const [note, setNote] = useState('')
  const [isAsking, setAsking] = useState(false)
  const queryClient = useQueryClient()
  const refund = way === null ? null : refundOf(order, way, part)
  const resolving = useMoneyMove<{ refund_amount: number; note: string }, unknown>(
    (body, key) => resolveCase(one.id, body, key),
    () => {
      setAsking(false)
      toast(s('done.resolved'), 'good')
      void queryClient.invalidateQueries({ queryKey: ['staff'] })
    },
  )
  return (
    <Card title={s('resolve.title')}>
      <form
        className="grid gap-5"
        onSubmit={event => {
          event.preventDefault()
          if (refund !== null && note.trim() !== '') setAsking(true)
        }}
      >
        <fieldset className="grid gap-2">
          <legend className="sr-only">{s('resolve.title')}</legend>
          {WAYS.map(([key, name, lead]) => (
            <label
              key={key}
              className={cx(
                'cursor-pointer rounded-2xl border-2 px-4 py-3 transition has-focus-visible:outline-2 has-focus-visible:outline-accent',
                way === key ? 'border-accent bg-accent-soft' : 'border-line hover:border-line-strong',
              )}
            >
              <input
                type="radio"
                name="way"
                checked={way === key}
                onChange={() => setWay(key)}
                className="sr-only"
              />
              <span className="block font-semibold">{name}</span>
              <span className="block text-sm text-ink-2">{lead}</span>
            </label>
          ))}
        </fieldset>
        {way === 'partial' && (
          <MoneyField
            label={s('resolve.amount')}
            hint={s('resolve.below', { amount: formatExact(heldOf(order), order.currency) })}
            error={
              part !== null && refund === null
                ? s('resolve.below', { amount: formatExact(heldOf(order), order.currency) })
                : null
            }
            currency={order.currency}
            value={part}
            onChange={setPart}
          />
        )}
        {refund !== null && <Outcomes one={one} refund={refund} />}
        <TextField
          label={s('resolve.note')}
          hint={s('resolve.noteHint')}
          value={note}
          maxLength={2_000}
          onChange={event => setNote(event.target.value)}
        />
        <Button type="submit" size="large" wide disabled={refund === null || note.trim() === ''}>
          {s('resolve.review')}
        </Button>
      </form>
      <Sheet title={s('resolve.confirmTitle')} isOpen={isAsking} onClose={() => setAsking(false)}>
        {refund !== null && (
          <div className="grid gap-5">
            <Outcomes one={one} refund={refund} />
            <p className="rounded-2xl bg-sunken p-4 whitespace-pre-line text-ink-2">{note.trim()}</p>
            <p className="text-sm text-ink-3">{s('resolve.final')}</p>
            {resolving.isError && <Notice tone="bad">{wordsFor(resolving.error)}</Notice>}
            <Button
              size="large"
              wide
              busy={resolving.isPending}
              onClick={() => resolving.mutate({ refund_amount: refund, note: note.trim() })}
            >
              {s('resolve.confirm')}
            </Button>
          </div>
        )}
      </Sheet>
    </Card>
  )
}

function Outcomes({ one, refund }: { one: Case; refund: number }) {
  const gets = outcomeOf(one.order, refund)
  return (
    <div className="rounded-2xl border border-line p-4">
      <MoneyLines
        currency={one.order.currency}
        lines={[
          { name: s('outcome.buyer'), note: one.order.buyer.display_name, amount: gets.buyer },
          { name: s('outcome.seller'), note: one.order.seller.display_name, amount: gets.seller },
          { name: s('outcome.market'), amount: gets.market },
          ...(one.order.tax > 0 ? [{ name: s('money.tax'), amount: gets.tax }] : []),
        ]}
      />
    </div>
  )
}
