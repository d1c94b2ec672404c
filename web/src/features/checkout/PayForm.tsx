import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { CreditCard, LockKeyhole, WalletMinimal } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { payOrder, type Order, type Paid } from '@/api/orders'
import { ApiError } from '@/api/problem'
import { useMoneyMove } from '@/api/useMoneyMove'
import { availableIn, walletQuery } from '@/api/wallet'
import { formatExact } from '@/shared/amounts'
import { cx } from '@/shared/cx'
import { m } from '@/strings/money'
import { Notice, Skeleton } from '@/ui/bits'
import { Button, buttonClass } from '@/ui/Button'
import { wordsFor } from '@/ui/Failure'

type Method = 'card' | 'wallet'

/** By card, at the provider's own page, or out of the wallet. */
export function PayForm({ order }: { order: Order }) {
  const [method, setMethod] = useState<Method>('card')
  const navigate = useNavigate()
  const wallet = useQuery(walletQuery)
  const balance = availableIn(wallet.data, order.currency)
  const missing = order.total - balance
  const isShort = method === 'wallet' && wallet.data !== undefined && missing > 0
  const [isLeaving, setLeaving] = useState(false)
  const paying = useMoneyMove<Method, Paid>(
    (by, key) =>
      payOrder(
        order.id,
        by === 'wallet' ? { method: by } : { method: by, return_url: returnUrl(order.id) },
        key,
      ),
    paid => {
      if (paid.checkout_url) {
        setLeaving(true)
        location.assign(paid.checkout_url)
      } else
        void navigate({
          to: '/orders/$orderId/pay',
          params: { orderId: order.id },
          search: { returned: true },
        })
    },
  )
  const total = formatExact(order.total, order.currency)
  return (
    <form
      className="grid gap-5"
      onSubmit={event => {
        event.preventDefault()
        if (!isShort) paying.mutate(method)
      }}
    >
      <fieldset className="grid gap-3">
        <legend className="mb-3 text-xl font-bold">{m('pay.how')}</legend>
        <Choice
          isChosen={method === 'card'}
          onChoose={() => setMethod('card')}
          icon={<CreditCard aria-hidden="true" className="size-6" />}
          name={m('pay.card')}
          lead={m('pay.cardLead')}
        />
        <Choice
          isChosen={method === 'wallet'}
          onChoose={() => setMethod('wallet')}
          icon={<WalletMinimal aria-hidden="true" className="size-6" />}
          name={m('pay.wallet')}
          lead={
            wallet.isPending ? (
              <Skeleton className="mt-1 h-4 w-32" />
            ) : wallet.isError ? (
              wordsFor(wallet.error)
            ) : (
              m('pay.walletHas', { amount: formatExact(balance, order.currency) })
            )
          }
        />
      </fieldset>
      {isShort && (
        <div className="grid gap-3 rounded-2xl bg-warn-soft p-4 text-sm text-warn">
          <p className="font-medium">{m('pay.short', { amount: formatExact(missing, order.currency) })}</p>
          <Link
            to="/wallet"
            search={{ top_up: missing, currency: order.currency, back: order.id }}
            className={buttonClass('plain', 'small') + ' w-fit'}
          >
            {m('pay.topUp')}
          </Link>
        </div>
      )}
      {paying.isError && <Notice tone="bad">{refusalWords(paying.error)}</Notice>}
      <Button
        type="submit"
        size="large"
        wide
        busy={paying.isPending || isLeaving}
        disabled={isShort || (method === 'wallet' && !wallet.data)}
        className="figures"
      >
        {m(method === 'card' ? 'pay.byCard' : 'pay.byWallet', { amount: total })}
      </Button>
      <p className="flex items-start gap-2 text-sm text-ink-3">
        <LockKeyhole aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
        {m(method === 'card' ? 'pay.safe' : 'pay.safeWallet')}
      </p>
    </form>
  )
}

function returnUrl(orderId: string): string {
  return `${location.origin}/orders/${orderId}/pay?returned=true`
}

function refusalWords(error: unknown): string {
  if (error instanceof ApiError && error.code === 'insufficient_funds') return m('pay.insufficient')
  return wordsFor(error)
}

function Choice({
  isChosen,
  onChoose,
  icon,
  name,
  lead,
}: {
  isChosen: boolean
  onChoose: () => void
  icon: ReactNode
  name: string
  lead: ReactNode
}) {
  return (
    <label
      className={cx(
        'flex cursor-pointer items-center gap-4 rounded-2xl border-2 p-4 transition has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent',
        isChosen ? 'border-accent bg-accent-soft' : 'border-line bg-raised hover:border-line-strong',
      )}
    >
      <input type="radio" name="method" checked={isChosen} onChange={onChoose} className="sr-only" />
      <span
        className={cx(
          'grid size-12 shrink-0 place-items-center rounded-full',
          isChosen ? 'bg-accent text-on-accent' : 'bg-sunken text-ink-2',
        )}
      >
        {icon}
      </span>
      <span className="min-w-0 flex-1">
        <span className="block font-bold">{name}</span>
        <span className="figures block text-sm text-ink-2">{lead}</span>
      </span>
      <span
        aria-hidden="true"
        className={cx(
          'grid size-6 shrink-0 place-items-center rounded-full border-2',
          isChosen ? 'border-accent' : 'border-line-strong',
        )}
      >
        {isChosen && <span className="size-3 rounded-full bg-accent" />}
      </span>
    </label>
  )
}
