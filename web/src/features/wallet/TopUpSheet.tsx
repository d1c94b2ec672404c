import { useState } from 'react'
import { ApiError } from '@/api/problem'
import { useMoneyMove } from '@/api/useMoneyMove'
import { topUp, type TopUp } from '@/api/wallet'
import { formatExact } from '@/shared/amounts'
import { minorDigits } from '@/shared/money'
import { m } from '@/strings/money'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { MoneyField } from '@/ui/Field'
import { wordsFor } from '@/ui/Failure'
import { Sheet } from '@/ui/Sheet'

interface Props {
  currency: string
  /** What is missing for something, in minor units. */
  wanted: number | undefined
  /** The order to go back to. */
  back: string | undefined
  isOpen: boolean
  onClose: () => void
}
const USUAL = [20, 50, 100, 250]

/** Money into the wallet, by card at the provider's own page. */
export function TopUpSheet({ isOpen, onClose, ...rest }: Props) {
  return (
    <Sheet title={m('topUp.title')} isOpen={isOpen} onClose={onClose}>
      <Ask {...rest} />
    </Sheet>
  )
}

function Ask({ currency, wanted, back }: Omit<Props, 'isOpen' | 'onClose'>) {
  const [amount, setAmount] = useState<number | null>(wanted ?? null)
  const [isLeaving, setLeaving] = useState(false)
  const going = useMoneyMove<number, TopUp>(
    (of, key) => topUp({ amount: of, currency, return_url: returnUrl(currency, back) }, key),
    made => {
      if (!made.checkout_url) return
      setLeaving(true)
      location.assign(made.checkout_url)
    },
  )
  const unit = 10 ** minorDigits(currency)
  const fault = going.error instanceof ApiError ? (going.error.fields.get('/amount') ?? null) : null
  return (
    <form
      className="grid gap-5"
      onSubmit={event => {
        event.preventDefault()
        if (amount !== null && amount > 0) going.mutate(amount)
      }}
    >
      <p className="text-ink-2">{m('topUp.lead')}</p>
      <MoneyField
        label={m('topUp.amount')}
        currency={currency}
        value={amount}
        onChange={setAmount}
        error={fault}
        big
      />
      <div className="flex flex-wrap gap-2">
        {USUAL.map(one => (
          <Button
            key={one}
            size="small"
            look="plain"
            className="figures"
            onClick={() => setAmount(one * unit)}
          >
            {formatExact(one * unit, currency)}
          </Button>
        ))}
      </div>
      {going.isError && !fault && <Notice tone="bad">{wordsFor(going.error)}</Notice>}
      {going.data && !going.data.checkout_url && <Notice tone="bad">{m('topUp.noPage')}</Notice>}
      <Button
        type="submit"
        size="large"
        wide
        busy={going.isPending || isLeaving}
        disabled={amount === null || amount <= 0}
      >
        {amount === null || amount <= 0
          ? m('topUp.enter')
          : m('topUp.send', { amount: formatExact(amount, currency) })}
      </Button>
    </form>
  )
}

function returnUrl(currency: string, back: string | undefined): string {
  const asked = new URLSearchParams({ currency, returned: 'true', ...(back && { back }) })
  return `${location.origin}/wallet?${asked.toString()}`
}
