import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useMoneyMove } from '@/api/useMoneyMove'
import { formatExact } from '@/shared/amounts'
import { s } from '@/strings/staff'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { wordsFor } from '@/ui/Failure'
import { MoneyField, TextField } from '@/ui/Field'
import { Sheet } from '@/ui/Sheet'
import { toast } from '@/ui/toasts'
import { refundOrder, type Payment } from './calls'
import { isRefundable } from './payments'

/** Opens the form for what is left of a payment; nothing where nothing is. */
export function RefundButton({ payment }: { payment: Payment }) {
  const [isOpen, setIsOpen] = useState(false)
  if (payment.order_id === null || !isRefundable(payment)) return null
  return (
    <>
      <Button look="plain" size="small" onClick={() => setIsOpen(true)}>
        {s('refund.open')}
      </Button>
      <Sheet title={s('refund.title')} isOpen={isOpen} onClose={() => setIsOpen(false)}>
        <Refund payment={payment} orderId={payment.order_id} onDone={() => setIsOpen(false)} />
      </Sheet>
    </>
  )
}

/** Give back a payment, or a part of it, to where it came from. */
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
