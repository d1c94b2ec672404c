import { useQuery } from '@tanstack/react-query'
import { withdrawalsQuery, type Withdrawal } from '@/api/wallet'
import { formatExact } from '@/shared/amounts'
import { formatDateTime } from '@/shared/dates'
import { m } from '@/strings/money'
import { Badge, type BadgeTone } from '@/ui/bits'

const SHOWN = 5
const STATES: Record<Withdrawal['status'], readonly [tone: BadgeTone, words: string]> = {
  pending: ['warn', m('withdrawal.pending')],
  paid: ['good', m('withdrawal.paid')],
  failed: ['bad', m('withdrawal.failed')],
}

/** What is on its way out, and what came of the last ones; nothing when there was none. */
export function Withdrawals() {
  const { data } = useQuery(withdrawalsQuery)
  if (!data || data.items.length === 0) return null
  return (
    <section aria-labelledby="withdrawals-title" className="grid grid-cols-1 gap-3">
      <h2 id="withdrawals-title" className="text-lg font-bold">
        {m('withdrawal.title')}
      </h2>
      <ul className="grid grid-cols-1 divide-y divide-line rounded-2xl border border-line bg-raised px-4">
        {data.items.slice(0, SHOWN).map(one => (
          <li key={one.id} className="flex items-center justify-between gap-4 py-3">
            <div>
              <p className="figures font-semibold">{formatExact(one.amount, one.currency)}</p>
              <p className="text-sm text-ink-3">{formatDateTime(one.created_at)}</p>
            </div>
            <Badge tone={STATES[one.status][0]}>{STATES[one.status][1]}</Badge>
          </li>
        ))}
      </ul>
      {data.items.some(one => one.status === 'pending') && (
        <p className="text-sm text-ink-3">{m('withdrawal.pendingLead')}</p>
      )}
    </section>
  )
}
