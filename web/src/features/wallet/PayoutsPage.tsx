import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowLeft, BadgeCheck, Hourglass, Landmark, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useMoneyMove } from '@/api/useMoneyMove'
import { openPayoutAccount, payoutAccountQuery, type PayoutAccount } from '@/api/wallet'
import { useTitle } from '@/shared/title'
import { cx } from '@/shared/cx'
import { m } from '@/strings/money'
import { Notice, Skeleton } from '@/ui/bits'
import { Button, buttonClass } from '@/ui/Button'
import { Failure, wordsFor } from '@/ui/Failure'
import { PageFrame } from '@/ui/Grid'
import { SignedIn } from '@/ui/SignedIn'

const LOOKS = {
  none: { icon: Landmark, tone: 'bg-sunken text-ink-2' },
  pending: { icon: Hourglass, tone: 'bg-warn-soft text-warn' },
  ready: { icon: BadgeCheck, tone: 'bg-good-soft text-good' },
  restricted: { icon: TriangleAlert, tone: 'bg-bad-soft text-bad' },
} as const

/** Where the person's money is paid out to; asked for at the provider, never by us. */
export function PayoutsPage() {
  useTitle(m('payouts.title'))
  return (
    <PageFrame narrow>
      <div className="grid gap-3">
        <Link
          to="/wallet"
          className="inline-flex w-fit items-center gap-1.5 text-sm font-semibold text-ink-2 hover:text-ink"
        >
          <ArrowLeft aria-hidden="true" className="size-4" />
          {m('payouts.back')}
        </Link>
        <h1 className="text-3xl font-extrabold sm:text-4xl">{m('payouts.title')}</h1>
      </div>
      <SignedIn>{() => <Mine />}</SignedIn>
    </PageFrame>
  )
}

function Mine() {
  const { data, error, refetch } = useQuery(payoutAccountQuery)
  if (!data && error) return <Failure error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton className="h-72 rounded-3xl" />
  return <Account account={data} />
}

function Account({ account }: { account: PayoutAccount }) {
  const [isLeaving, setLeaving] = useState(false)
  const opening = useMoneyMove<undefined, PayoutAccount>(
    (_, key) => openPayoutAccount({ return_url: `${location.origin}/wallet/payouts` }, key),
    made => {
      if (!made.onboarding_url) return
      setLeaving(true)
      location.assign(made.onboarding_url)
    },
  )
  const { icon: Icon, tone } = LOOKS[account.status]
  return (
    <div className="grid justify-items-center gap-5 rounded-3xl border border-line bg-raised p-6 text-center sm:p-10">
      <span aria-hidden="true" className={cx('grid size-16 place-items-center rounded-full', tone)}>
        <Icon className="size-8" />
      </span>
      <div className="grid gap-2">
        <h2 className="text-2xl font-bold">{m(`payouts.${account.status}`)}</h2>
        <p className="max-w-prose text-ink-2">{m(`payouts.${account.status}Lead`)}</p>
      </div>
      {account.requirements.length > 0 && (
        <div className="w-full rounded-2xl bg-sunken p-4 text-left text-sm">
          <p className="mb-2 font-semibold">{m('payouts.needed')}</p>
          <ul className="grid list-disc gap-1 pl-5 text-ink-2">
            {account.requirements.map(one => (
              <li key={one}>{requirementWords(one)}</li>
            ))}
          </ul>
        </div>
      )}
      {opening.isError && <Notice tone="bad">{wordsFor(opening.error)}</Notice>}
      {account.status === 'ready' ? (
        <Link to="/wallet" className={buttonClass('plain')}>
          {m('payouts.back')}
        </Link>
      ) : (
        <Button size="large" busy={opening.isPending || isLeaving} onClick={() => opening.mutate(undefined)}>
          {m(account.status === 'none' ? 'payouts.setUp' : 'payouts.goOn')}
        </Button>
      )}
      <p className="text-sm text-ink-3">{m('payouts.private')}</p>
    </div>
  )
}

/** `individual.id_number` is `Individual: id number`. */
function requirementWords(requirement: string): string {
  const text = requirement.replaceAll('.', ': ').replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
