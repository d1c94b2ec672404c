import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CreditCard } from 'lucide-react'
import { useState } from 'react'
import { formatExact } from '@/shared/amounts'
import { formatDateTime } from '@/shared/dates'
import { s } from '@/strings/staff'
import { Badge, EmptyState, Skeleton } from '@/ui/bits'
import { Failure } from '@/ui/Failure'
import { Select } from '@/ui/Field'
import { More } from '@/ui/More'
import { PAYMENT_STATES, paymentsQuery, type PaymentState } from './calls'
import { paymentTone, paymentWords } from './payments'
import { RefundButton } from './Refund'
import { StaffFrame } from './StaffFrame'

/** What was paid, and giving it back. */
export function PaymentsPage() {
  return (
    <StaffFrame title={s('payments.title')}>
      <Payments />
    </StaffFrame>
  )
}

function Payments() {
  const [status, setStatus] = useState<PaymentState | null>(null)
  const found = useInfiniteQuery(paymentsQuery(status))
  const all = found.data?.pages.flatMap(page => page.items) ?? []
  return (
    <div className="grid grid-cols-1 gap-5">
      <div className="max-w-60">
        <Select
          label={s('payments.state')}
          value={status ?? ''}
          onChange={event => setStatus(PAYMENT_STATES.find(one => one === event.target.value) ?? null)}
          options={[
            ['', s('payments.all')],
            ...PAYMENT_STATES.map(one => [one, s(`payments.${one}`)] as const),
          ]}
        />
      </div>
      {found.isPending && <Skeleton className="h-64 rounded-2xl" />}
      {found.isError && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && all.length === 0 && (
        <EmptyState icon={<CreditCard className="size-7" />} title={s('payments.empty')} />
      )}
      {all.length > 0 && (
        <ul className="grid grid-cols-1 divide-y divide-line rounded-2xl border border-line bg-raised px-4 sm:px-5">
          {all.map(one => (
            <li key={one.id} className="flex items-center justify-between gap-4 py-3.5">
              <div className="grid min-w-0 flex-1 gap-0.5">
                <p className="flex flex-wrap items-center gap-3">
                  <span className="figures font-semibold">{formatExact(one.amount, one.currency)}</span>
                  <Badge tone={paymentTone(one.status)}>{paymentWords(one.status)}</Badge>
                  {one.dispute_status && <Badge tone="bad">{s('payments.bankDispute')}</Badge>}
                  <span className="text-sm text-ink-3">{one.provider ?? one.method}</span>
                </p>
                {one.order_id === null ? (
                  <p className="font-mono text-xs break-all text-ink-3 select-all">{one.id}</p>
                ) : (
                  <Link
                    to="/staff/orders/$orderId"
                    params={{ orderId: one.order_id }}
                    className="font-mono text-xs break-all text-ink-3 underline underline-offset-2 hover:text-accent"
                  >
                    {one.order_id}
                  </Link>
                )}
                <p className="text-sm text-ink-3">
                  {formatDateTime(one.created_at)}
                  {one.card && <> · {one.card}</>}
                  {one.failure_code && <> · {one.failure_code.replaceAll('_', ' ')}</>}
                  {one.refunded_amount > 0 && (
                    <>
                      {' '}
                      · {s('payments.refunded', { amount: formatExact(one.refunded_amount, one.currency) })}
                    </>
                  )}
                </p>
              </div>
              <RefundButton payment={one} />
            </li>
          ))}
        </ul>
      )}
      <More found={found} />
    </div>
  )
}
