import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ShieldCheck, Zap } from 'lucide-react'
import { useState } from 'react'
import { ApiError } from '@/api/problem'
import type { LiveAuction } from '@/live/auctionState'
import { placeBid, type Offer } from '@/live/placeBid'
import { formatMoney } from '@/shared/money'
import { t } from '@/strings/t'
import { Notice } from '@/ui/bits'
import { Button, buttonClass } from '@/ui/Button'
import { wordsFor } from '@/ui/Failure'
import { MoneyField } from '@/ui/Field'
import { InAll } from '@/ui/InAll'
import { Sheet } from '@/ui/Sheet'

interface Props {
  auction: LiveAuction
  isSignedIn: boolean
  isOwn: boolean
  /** Whether the price on screen is the server's: without it nothing is offered. */
  isFresh: boolean
}

/** Bidding: the next bid by one press, an amount or a hidden maximum by two. */
export function useBidding(auction: LiveAuction) {
  const queryClient = useQueryClient()
  return useMutation({ mutationFn: (offer: Offer) => placeBid(queryClient, auction.id, offer) })
}

/** What a refusal means here, with what to do next. */
export function refusalWords(error: unknown, currency: string): string {
  if (!(error instanceof ApiError)) return wordsFor(error)
  const minimum = error.amount('minimum_bid')
  switch (error.code) {
    case 'bid_too_low':
      return minimum === null
        ? t('bid.tooLow')
        : t('bid.tooLowNow', { amount: formatMoney(minimum, currency) })
    case 'already_leading':
      return t('bid.alreadyLeading')
    case 'auction_not_live':
      return t('bid.notLive')
    case 'own_auction':
      return t('bid.own')
    case 'bidder_suspended':
      return t('bid.suspended')
    case 'blocked_by_seller':
      return t('bid.blocked')
    default:
      return wordsFor(error)
  }
}

export function BidBox({ auction, isSignedIn, isOwn, isFresh }: Props) {
  const [isOpen, setOpen] = useState(false)
  const bidding = useBidding(auction)
  const next = auction.minimum_bid
  const leads = auction.you?.status === 'leading'
  if (auction.status !== 'live') return null
  if (isOwn) return <Notice tone="neutral">{t('bid.ownNotice')}</Notice>
  if (!isSignedIn) {
    return (
      <div className="grid gap-2">
        <Link
          to="/sign-up"
          search={{ next: `/auctions/${auction.id}` }}
          className={buttonClass('primary', 'large', true)}
        >
          {t('bid.signUpToBid', { amount: formatMoney(next, auction.currency) })}
        </Link>
        <p className="text-center text-sm text-ink-3">
          {t('bid.haveAccount')}{' '}
          <Link
            to="/sign-in"
            search={{ next: `/auctions/${auction.id}` }}
            className="font-semibold text-accent underline underline-offset-4"
          >
            {t('nav.signIn')}
          </Link>
        </p>
      </div>
    )
  }
  return (
    <div className="grid gap-3">
      <div className="flex gap-2">
        {leads ? (
          <Button size="large" wide look="plain" onClick={() => setOpen(true)} disabled={!isFresh}>
            <ShieldCheck aria-hidden="true" className="size-5 text-good" />
            {t('bid.raiseMaximum')}
          </Button>
        ) : (
          <>
            <Button
              size="large"
              wide
              busy={bidding.isPending}
              disabled={!isFresh}
              onClick={() => bidding.mutate({ amount: next })}
              className="figures"
            >
              <Zap aria-hidden="true" className="size-5" />
              {t('bid.bidNow', { amount: formatMoney(next, auction.currency) })}
            </Button>
            <Button size="large" look="plain" onClick={() => setOpen(true)} disabled={!isFresh}>
              {t('bid.more')}
            </Button>
          </>
        )}
      </div>
      {!leads && <InAll amount={next} currency={auction.currency} />}
      {bidding.isError && <Notice tone="bad">{refusalWords(bidding.error, auction.currency)}</Notice>}
      <BidSheet auction={auction} isOpen={isOpen} onClose={() => setOpen(false)} />
    </div>
  )
}

function BidSheet({
  auction,
  isOpen,
  onClose,
}: {
  auction: LiveAuction
  isOpen: boolean
  onClose: () => void
}) {
  const leads = auction.you?.status === 'leading'
  return (
    <Sheet title={leads ? t('bid.raiseTitle') : t('bid.sheetTitle')} isOpen={isOpen} onClose={onClose}>
      <BidForm auction={auction} leads={leads} onDone={onClose} />
    </Sheet>
  )
}

const QUICK_STEPS = [1, 3, 10]

function BidForm({ auction, leads, onDone }: { auction: LiveAuction; leads: boolean; onDone: () => void }) {
  const bidding = useBidding(auction)
  const [isMaximum, setMaximum] = useState(true)
  const [amount, setAmount] = useState<number | null>(null)
  const currency = auction.currency
  const least = leads ? (auction.you?.max_amount ?? 0) + 1 : auction.minimum_bid
  const isTooLow = amount !== null && amount < least
  const asMaximum = leads || isMaximum
  const send = () => {
    if (amount === null) return
    bidding.mutate(asMaximum ? { max_amount: amount } : { amount }, { onSuccess: onDone })
  }
  return (
    <form
      className="grid gap-5"
      onSubmit={event => {
        event.preventDefault()
        send()
      }}
    >
      {!leads && (
        <div
          role="radiogroup"
          aria-label={t('bid.kind')}
          className="grid grid-cols-2 gap-1 rounded-full bg-sunken p-1"
        >
          {[true, false].map(kind => (
            <button
              key={String(kind)}
              type="button"
              role="radio"
              aria-checked={isMaximum === kind}
              onClick={() => setMaximum(kind)}
              className={`h-10 rounded-full text-sm font-semibold transition ${isMaximum === kind ? 'bg-raised shadow-card' : 'text-ink-2'}`}
            >
              {kind ? t('bid.asMaximum') : t('bid.asAmount')}
            </button>
          ))}
        </div>
      )}
      <MoneyField
        label={asMaximum ? t('bid.maximumLabel') : t('bid.amountLabel')}
        hint={asMaximum ? t('bid.maximumHint') : t('bid.amountHint')}
        error={isTooLow ? t('bid.atLeast', { amount: formatMoney(least, currency) }) : null}
        currency={currency}
        value={amount}
        onChange={setAmount}
        placeholder={formatMoney(least, currency).replace(/[^\d.,]/g, '')}
        big
      />
      <div className="flex flex-wrap gap-2">
        {QUICK_STEPS.map(steps => {
          const quick = auction.minimum_bid + auction.bid_increment * (steps - 1) * 2
          return (
            <Button
              key={steps}
              size="small"
              look="plain"
              className="figures"
              onClick={() => setAmount(Math.max(quick, least))}
            >
              {formatMoney(Math.max(quick, least), currency)}
            </Button>
          )
        })}
      </div>
      {bidding.isError && <Notice tone="bad">{refusalWords(bidding.error, currency)}</Notice>}
      <Button type="submit" size="large" wide busy={bidding.isPending} disabled={amount === null || isTooLow}>
        {amount === null || isTooLow
          ? t('bid.enterAmount')
          : t(asMaximum ? 'bid.confirmMaximum' : 'bid.confirmAmount', {
              amount: formatMoney(amount, currency),
            })}
      </Button>
      <InAll amount={isTooLow ? null : amount} currency={currency} />
      <p className="text-center text-sm text-ink-3">{t('bid.binding')}</p>
    </form>
  )
}
