import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { ArrowDownToLine, ArrowUpFromLine, ChevronRight, Landmark } from 'lucide-react'
import { useState } from 'react'
import { walletQuery, type Balance, type Wallet } from '@/api/wallet'
import { formatExact } from '@/shared/amounts'
import { cx } from '@/shared/cx'
import { market } from '@/shared/market'
import { useTitle } from '@/shared/title'
import { m } from '@/strings/money'
import { t } from '@/strings/t'
import { Price, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Failure } from '@/ui/Failure'
import { PageFrame } from '@/ui/Grid'
import { SignedIn } from '@/ui/SignedIn'
import { History } from './History'
import { TopUpReturned } from './TopUpReturned'
import { TopUpSheet } from './TopUpSheet'
import { WithdrawSheet } from './WithdrawSheet'
import { Withdrawals } from './Withdrawals'

/** The person's money on the market: what there is, how it came and went. */
export function WalletPage() {
  useTitle(t('nav.wallet'))
  return (
    <PageFrame title={t('nav.wallet')} lead={m('wallet.lead')}>
      <SignedIn>{() => <Mine />}</SignedIn>
    </PageFrame>
  )
}

/** Every currency there is money in, and the market's own, so that an empty wallet can be filled. */
export function balancesOf(wallet: Wallet, own: string): Balance[] {
  const has = wallet.balances.some(one => one.currency === own)
  const all = has ? wallet.balances : [{ currency: own, available: 0, held: 0 }, ...wallet.balances]
  return [...all].sort((a, b) => Number(b.currency === own) - Number(a.currency === own))
}

function Mine() {
  const found = useQuery(walletQuery)
  const search = useSearch({ from: '/wallet' })
  const navigate = useNavigate({ from: '/wallet' })
  const [sheet, setSheet] = useState<'top_up' | 'withdraw' | null>(search.top_up ? 'top_up' : null)
  if (!found.data && found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />
  if (!found.data) return <WalletSkeleton />
  const balances = balancesOf(found.data, market.currency)
  const chosen = balances.find(one => one.currency === search.currency) ?? balances[0]
  if (!chosen) return null
  const { currency } = chosen
  const choose = (next: string) => void navigate({ search: { currency: next }, replace: true })
  return (
    <div className="grid grid-cols-1 items-start gap-8 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.6fr)] lg:gap-12">
      <div className="grid grid-cols-1 gap-5 lg:sticky lg:top-24">
        {search.returned && <TopUpReturned back={search.back} />}
        {balances.length > 1 && <Currencies balances={balances} chosen={currency} onChoose={choose} />}
        <BalanceCard balance={chosen} />
        <div className="grid grid-cols-2 gap-3">
          <Button onClick={() => setSheet('top_up')}>
            <ArrowDownToLine aria-hidden="true" className="size-5" />
            {m('wallet.topUp')}
          </Button>
          <Button look="plain" disabled={chosen.available === 0} onClick={() => setSheet('withdraw')}>
            <ArrowUpFromLine aria-hidden="true" className="size-5" />
            {m('wallet.withdraw')}
          </Button>
        </div>
        <Link
          to="/wallet/payouts"
          className="group flex items-center gap-4 rounded-2xl border border-line bg-raised p-4 transition hover:border-line-strong"
        >
          <span className="grid size-11 shrink-0 place-items-center rounded-full bg-sunken text-ink-2">
            <Landmark aria-hidden="true" className="size-5" />
          </span>
          <span className="min-w-0 flex-1">
            <span className="block font-semibold">{m('payouts.title')}</span>
            <span className="block text-sm text-ink-3">{m('payouts.go')}</span>
          </span>
          <ChevronRight aria-hidden="true" className="size-5 text-ink-3 group-hover:translate-x-0.5" />
        </Link>
        <Withdrawals />
      </div>
      <History key={currency} currency={currency} />
      <TopUpSheet
        key={`top-up ${currency}`}
        currency={currency}
        wanted={search.top_up}
        back={search.back}
        isOpen={sheet === 'top_up'}
        onClose={() => setSheet(null)}
      />
      <WithdrawSheet
        key={`withdraw ${currency}`}
        currency={currency}
        available={chosen.available}
        isOpen={sheet === 'withdraw'}
        onClose={() => setSheet(null)}
      />
    </div>
  )
}

function Currencies({
  balances,
  chosen,
  onChoose,
}: {
  balances: Balance[]
  chosen: string
  onChoose: (currency: string) => void
}) {
  return (
    <div role="radiogroup" aria-label={m('wallet.currency')} className="flex flex-wrap gap-2">
      {balances.map(one => (
        <button
          key={one.currency}
          type="button"
          role="radio"
          aria-checked={one.currency === chosen}
          onClick={() => onChoose(one.currency)}
          className={cx(
            'figures h-10 rounded-full border px-4 text-sm font-semibold transition',
            one.currency === chosen
              ? 'border-accent bg-accent-soft text-ink'
              : 'border-line bg-raised text-ink-2 hover:border-line-strong',
          )}
        >
          {one.currency} · {formatExact(one.available, one.currency)}
        </button>
      ))}
    </div>
  )
}

function BalanceCard({ balance }: { balance: Balance }) {
  const { available, held, currency } = balance
  return (
    <div className="grid gap-5 rounded-3xl border border-line bg-raised p-6 shadow-card">
      <div>
        <p className="text-sm text-ink-3">{m('wallet.available')}</p>
        <Price key={available} amount={available} currency={currency} className="text-5xl" />
      </div>
      <p className="flex items-baseline justify-between gap-4 border-t border-line pt-4 text-sm">
        <span className="text-ink-2">
          {m('wallet.held')}
          <span className="block text-ink-3">{m('wallet.heldLead')}</span>
        </span>
        <span className="figures font-semibold">{formatExact(held, currency)}</span>
      </p>
    </div>
  )
}

function WalletSkeleton() {
  return (
    <div className="grid min-h-dvh content-start gap-8 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.6fr)] lg:gap-12">
      <Skeleton className="h-48 rounded-3xl" />
      <Skeleton className="h-96 rounded-3xl" />
    </div>
  )
}
