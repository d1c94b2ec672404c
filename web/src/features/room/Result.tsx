import { Gavel, PartyPopper } from 'lucide-react'
import type { LiveAuction } from '@/live/auctionState'
import { cx } from '@/shared/cx'
import { formatDateTime } from '@/shared/dates'
import { t } from '@/strings/t'
import { priceOf } from '@/ui/AuctionCard'
import { Price } from '@/ui/bits'
import { PayNow } from './PayNow'

/** How it ended. */
export function Result({ auction }: { auction: LiveAuction }) {
  const won = auction.you?.status === 'won'
  const price = priceOf(auction)
  const words =
    auction.status === 'sold'
      ? won
        ? t('result.won')
        : t('result.sold', { alias: auction.leader?.alias ?? t('result.someone') })
      : auction.status === 'awaiting_decision'
        ? t('result.awaiting')
        : auction.status === 'cancelled'
          ? (auction.cancel_reason ?? t('result.cancelled'))
          : t('result.unsold')
  return (
    <div
      className={cx(
        'grid animate-rise gap-2 rounded-3xl p-6 text-center',
        won ? 'bg-good-soft text-good' : 'bg-sunken',
      )}
    >
      <div className="mx-auto">
        {won ? (
          <PartyPopper aria-hidden="true" className="size-8" />
        ) : (
          <Gavel aria-hidden="true" className="size-8 text-ink-3" />
        )}
      </div>
      <p className="font-display text-2xl font-bold">{words}</p>
      {auction.current_price !== null && auction.status !== 'cancelled' && (
        <Price amount={price.amount} currency={auction.currency} className="text-4xl" />
      )}
      {won && <PayNow auctionId={auction.id} />}
      {auction.status === 'awaiting_decision' && auction.decide_by && (
        <p className="text-sm text-ink-2">
          {t('result.decideBy', { at: formatDateTime(auction.decide_by) })}
        </p>
      )}
    </div>
  )
}
