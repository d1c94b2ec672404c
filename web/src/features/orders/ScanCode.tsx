import { useState } from 'react'
import { api } from '@/api/client'
import type { Order } from '@/api/orders'
import { ApiError } from '@/api/problem'
import { useMoneyMove } from '@/api/useMoneyMove'
import { formatExact } from '@/shared/amounts'
import { m } from '@/strings/money'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { wordsFor } from '@/ui/Failure'
import { Field } from '@/ui/Field'
import { Camera } from './Camera'
import { codeIn } from './handover'

/** What a refused code means, and what to do. */
function refusalWords(error: unknown): string {
  if (error instanceof ApiError) {
    switch (error.code) {
      case 'handover_code_invalid':
        return m('scan.invalid')
      case 'handover_code_expired':
        return m('scan.expired')
      case 'handover_code_used':
        return m('scan.used')
      case 'handover_code_not_yours':
        return m('scan.notYours')
    }
  }
  return wordsFor(error)
}

/** The seller reads the buyer's code, by the camera or by hand; then the money is theirs. */
export function ScanCode({ order }: { order: Order }) {
  const [typed, setTyped] = useState('')
  const verifying = useMoneyMove<string, unknown>((code, key) =>
    api.post('/v1/orders/{order_id}/verify', { path: { order_id: order.id }, body: { code }, key }),
  )
  const verify = (text: string) => {
    const code = codeIn(text)
    if (code !== '' && !verifying.isPending) verifying.mutate(code)
  }
  return (
    <section aria-labelledby="scan-title" className="grid grid-cols-1 gap-5">
      <div className="grid gap-1.5">
        <h2 id="scan-title" className="text-xl font-bold">
          {m('scan.title', { name: order.buyer.display_name })}
        </h2>
        <p className="text-ink-2">
          {m('scan.lead', { amount: formatExact(order.seller_receives, order.currency) })}
        </p>
      </div>
      <Camera onRead={verify} isPaused={verifying.isPending || verifying.isSuccess} />
      {verifying.isError && <Notice tone="bad">{refusalWords(verifying.error)}</Notice>}
      <form
        className="grid gap-4 sm:grid-cols-[1fr_auto] sm:items-end"
        onSubmit={event => {
          event.preventDefault()
          verify(typed)
        }}
      >
        <Field
          label={m('scan.typed')}
          value={typed}
          onChange={event => setTyped(event.target.value)}
          autoComplete="off"
          autoCapitalize="characters"
          autoCorrect="off"
          spellCheck={false}
          maxLength={512}
          className="font-mono tracking-wide"
        />
        <Button type="submit" className="h-12!" busy={verifying.isPending} disabled={typed.trim() === ''}>
          {m('scan.send')}
        </Button>
      </form>
    </section>
  )
}
