import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError } from '@/api/problem'
import { useMoneyMove } from '@/api/useMoneyMove'
import { payoutAccountQuery, withdraw, type Withdrawal } from '@/api/wallet'
import { formatExact } from '@/shared/amounts'
import { m } from '@/strings/money'
import { Notice, Skeleton } from '@/ui/bits'
import { Button, buttonClass } from '@/ui/Button'
import { MoneyField } from '@/ui/Field'
import { wordsFor } from '@/ui/Failure'
import { Sheet } from '@/ui/Sheet'
import { toast } from '@/ui/toasts'

interface Props {
  currency: string
  available: number
  isOpen: boolean
  onClose: () => void
}

/** Money out of the wallet, to the person's own account. */
export function WithdrawSheet({ isOpen, onClose, ...rest }: Props) {
  return (
    <Sheet title={m('withdraw.title')} isOpen={isOpen} onClose={onClose}>
      <Withdraw {...rest} onDone={onClose} />
    </Sheet>
  )
}

function Withdraw({
  currency,
  available,
  onDone,
}: Omit<Props, 'isOpen' | 'onClose'> & { onDone: () => void }) {
  const account = useQuery(payoutAccountQuery)
  if (account.isPending) return <Skeleton className="h-48 rounded-2xl" />
  if (account.isError) return <Notice tone="bad">{wordsFor(account.error)}</Notice>
  if (account.data.status !== 'ready') {
    return (
      <div className="grid gap-5">
        <p className="text-ink-2">
          {m(account.data.status === 'none' ? 'withdraw.noAccount' : 'withdraw.notReady')}
        </p>
        <Link to="/wallet/payouts" className={buttonClass('primary', 'large', true)}>
          {m('payouts.setUp')}
        </Link>
      </div>
    )
  }
  return <Ask currency={currency} available={available} onDone={onDone} />
}

function Ask({ currency, available, onDone }: { currency: string; available: number; onDone: () => void }) {
  const [amount, setAmount] = useState<number | null>(null)
  const going = useMoneyMove<number, Withdrawal>(
    (of, key) => withdraw({ amount: of, currency }, key),
    () => {
      toast(m('done.withdrawn'), 'good')
      onDone()
    },
  )
  const isTooMuch = amount !== null && amount > available
  const fault = going.error instanceof ApiError ? (going.error.fields.get('/amount') ?? null) : null
  const most = m('withdraw.most', { amount: formatExact(available, currency) })
  return (
    <form
      className="grid gap-5"
      onSubmit={event => {
        event.preventDefault()
        if (amount !== null && amount > 0 && !isTooMuch) going.mutate(amount)
      }}
    >
      <p className="text-ink-2">{m('withdraw.lead')}</p>
      <MoneyField
        label={m('withdraw.amount')}
        hint={most}
        error={isTooMuch ? most : fault}
        currency={currency}
        value={amount}
        onChange={setAmount}
        big
      />
      <Button look="plain" size="small" className="justify-self-start" onClick={() => setAmount(available)}>
        {m('withdraw.all')}
      </Button>
      {going.isError && !fault && <Notice tone="bad">{wordsFor(going.error)}</Notice>}
      <Button
        type="submit"
        size="large"
        wide
        busy={going.isPending}
        disabled={amount === null || amount <= 0 || isTooMuch}
      >
        {amount === null || amount <= 0 || isTooMuch
          ? m('topUp.enter')
          : m('withdraw.send', { amount: formatExact(amount, currency) })}
      </Button>
    </form>
  )
}
