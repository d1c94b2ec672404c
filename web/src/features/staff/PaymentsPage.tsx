import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { CreditCard } from 'lucide-react'
import { useState } from 'react'
import { useMoneyMove } from '@/api/useMoneyMove'
import { formatExact } from '@/shared/amounts'
import { formatDateTime } from '@/shared/dates'
import { s } from '@/strings/staff'
import { t } from '@/strings/t'
import { Badge, EmptyState, Notice, Skeleton, type BadgeTone } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Failure, wordsFor } from '@/ui/Failure'
import { MoneyField, Select, TextField } from '@/ui/Field'
import { Sheet } from '@/ui/Sheet'
import { toast } from '@/ui/toasts'
import { PAYMENT_STATES, paymentsQuery, refundOrder, type Payment, type PaymentState } from './calls'
import { StaffFrame } from './StaffFrame'

const TONES: Record<string, BadgeTone> = {
  succeeded: 'good',
  pending: 'warn',
  failed: 'bad',
  disputed: 'bad',
}
const DONE = 'succeeded'

const statusWords = (status: string): string => {
  const known = PAYMENT_STATES.find(one => one === status)
  return known ? s(`payments.${known}`) : status
}

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
  const [refunding, setRefunding] = useState<Payment | null>(null)
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
            <li key={one.id} className="flex flex-wrap items-center justify-between gap-x-5 gap-y-2 py-3.5">
              <div className="grid min-w-0 gap-0.5">
                <p className="flex flex-wrap items-center gap-3">
                  <span className="figures font-semibold">{formatExact(one.amount, one.currency)}</span>
                  <Badge tone={TONES[one.status] ?? 'neutral'}>{statusWords(one.status)}</Badge>
                  {one.dispute_status && <Badge tone="bad">{s('payments.bankDispute')}</Badge>}
                  <span className="text-sm text-ink-3">{one.provider ?? one.method}</span>
                </p>
                <p className="font-mono text-xs break-all text-ink-3 select-all">{one.order_id ?? one.id}</p>
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
              {one.order_id !== null && one.status === DONE && one.refunded_amount < one.amount && (
                <Button look="plain" size="small" onClick={() => setRefunding(one)}>
                  {s('refund.open')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {found.hasNextPage && (
        <Button
          look="plain"
          className="justify-self-center"
          busy={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {t('app.more')}
        </Button>
      )}
      <Sheet title={s('refund.title')} isOpen={refunding !== null} onClose={() => setRefunding(null)}>
        {refunding?.order_id && (
          <Refund payment={refunding} orderId={refunding.order_id} onDone={() => setRefunding(null)} />
        )}
      </Sheet>
    </div>
  )
}

function Refund({ payment, orderId, onDone }: { payment: Payment; orderId: string; onDone: () => void }) {
  const most = payment.amount - payment.refunded_amount
  const [amount, setAmount] = useState<number | null>(most)
  const [reason, setReason] = useState('')
  const queryClient = useQueryClient()
  const going = useMoneyMove<{ amount: number; reason: string }, unknown>(
    (body, key) => refundOrder(orderId, body, key),
    () => {
      toast(s('done.refunded'), 'good')
      void queryClient.invalidateQueries({ queryKey: ['staff'] })
      onDone()
    },
  )
  const isReady = amount !== null && amount > 0 && amount <= most && reason.trim() !== ''
  return (
    <form
      className="grid gap-5"
      onSubmit={event => {
        event.preventDefault()
        if (isReady) going.mutate({ amount, reason: reason.trim() })
      }}
    >
      <MoneyField
        label={s('refund.amount')}
        hint={s('refund.most', { amount: formatExact(most, payment.currency) })}
        error={
          amount !== null && amount > most
            ? s('refund.most', { amount: formatExact(most, payment.currency) })
            : null
        }
        currency={payment.currency}
        value={amount}
        onChange={setAmount}
        big
      />
      <TextField
        label={s('refund.reason')}
        value={reason}
        maxLength={500}
        onChange={event => setReason(event.target.value)}
      />
      {going.isError && <Notice tone="bad">{wordsFor(going.error)}</Notice>}
      <Button type="submit" size="large" wide busy={going.isPending} disabled={!isReady}>
        {s('refund.send', { amount: formatExact(amount ?? 0, payment.currency) })}
      </Button>
    </form>
  )
}
