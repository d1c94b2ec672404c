import { useState } from 'react'
import { download } from '@/api/download'
import { serverClock } from '@/shared/serverClock'
import { m } from '@/strings/money'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/Field'
import { wordsFor } from '@/ui/Failure'
import { Sheet } from '@/ui/Sheet'
import { dayOf, lastMonth, statementName } from './entries'

/** Every entry between two days, as a file for a spreadsheet. */
export function StatementSheet({
  currency,
  isOpen,
  onClose,
}: {
  currency: string
  isOpen: boolean
  onClose: () => void
}) {
  return (
    <Sheet title={m('statement.title')} isOpen={isOpen} onClose={onClose}>
      <Ask currency={currency} onDone={onClose} />
    </Sheet>
  )
}

function Ask({ currency, onDone }: { currency: string; onDone: () => void }) {
  const [today] = useState(() => dayOf(new Date(serverClock.now())))
  const [from, setFrom] = useState(() => lastMonth(new Date(serverClock.now())).from)
  const [to, setTo] = useState(today)
  const [isBusy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<unknown>(null)
  const isTurned = from > to
  const fetchIt = () => {
    setBusy(true)
    setRefusal(null)
    const asked = new URLSearchParams({ currency, from, to })
    download(`/v1/wallet/statement.csv?${asked.toString()}`, statementName(currency, from, to))
      .then(onDone, setRefusal)
      .finally(() => setBusy(false))
  }
  return (
    <form
      className="grid gap-5"
      onSubmit={event => {
        event.preventDefault()
        if (!isTurned) fetchIt()
      }}
    >
      <p className="text-ink-2">{m('statement.lead', { currency })}</p>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          type="date"
          label={m('statement.from')}
          required
          max={today}
          value={from}
          onChange={event => setFrom(event.target.value)}
        />
        <Field
          type="date"
          label={m('statement.to')}
          required
          max={today}
          value={to}
          onChange={event => setTo(event.target.value)}
          error={isTurned ? m('statement.turned') : null}
        />
      </div>
      {refusal !== null && <Notice tone="bad">{wordsFor(refusal)}</Notice>}
      <Button type="submit" size="large" wide busy={isBusy} disabled={isTurned || !from || !to}>
        {m('statement.download')}
      </Button>
    </form>
  )
}
