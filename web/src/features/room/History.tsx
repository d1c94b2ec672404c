import { memo, useState } from 'react'
import type { Bid } from '@/api/types'
import { useCalm } from '@/shared/calm'
import { cx } from '@/shared/cx'
import { formatTime } from '@/shared/dates'
import { formatMoney } from '@/shared/money'
import { t } from '@/strings/t'
import { Badge } from '@/ui/bits'

/** Nobody reads faster; the price itself never waits. */
const EVERY_MS = 250
/** So many bids within a second no longer rise one by one. */
const RUSH_BIDS = 4

/** The bids, newest first, as they come. */
export const History = memo(function History({
  bids,
  currency,
  isOver,
}: {
  bids: Bid[] | undefined
  currency: string
  isOver: boolean
}) {
  const shown = useCalm(bids, EVERY_MS)
  if (!shown || shown.length === 0)
    return <p className="py-6 text-center text-ink-3">{t(isOver ? 'history.nobody' : 'history.none')}</p>
  const isRush = isRushOf(shown)
  return (
    <ol className="grid grid-cols-1" aria-label={t('history.title')}>
      {shown.map(bid => (
        <Row key={bid.id} bid={bid} currency={currency} rises={!isRush} />
      ))}
    </ol>
  )
})

const Row = memo(function Row({ bid, currency, rises }: { bid: Bid; currency: string; rises: boolean }) {
  // As it was when the row came: an old row must not rise again.
  const [hasRisen] = useState(rises)
  return (
    <li
      className={cx(
        'flex items-center gap-3 border-b border-line py-2.5 [contain-intrinsic-size:auto_2.75rem] [content-visibility:auto] last:border-0',
        hasRisen && 'animate-rise',
        bid.status === 'retracted' && 'text-ink-3 line-through',
      )}
    >
      <span
        className={cx(
          'min-w-0 flex-1 truncate text-sm',
          bid.bidder.is_you ? 'font-bold text-accent' : 'font-medium',
        )}
      >
        {bid.bidder.is_you ? t('history.you') : bid.bidder.alias}
        {bid.kind === 'auto' && (
          <span className="ml-2 text-xs font-normal text-ink-3">{t('history.auto')}</span>
        )}
      </span>
      {(bid.status === 'leading' || bid.status === 'won') && (
        <Badge tone="good">{bid.status === 'won' ? t('history.won') : t('history.leading')}</Badge>
      )}
      <span className="figures text-right text-sm font-bold">{formatMoney(bid.amount, currency)}</span>
      <time dateTime={bid.placed_at} className="figures w-20 text-right text-xs text-ink-3">
        {formatTime(bid.placed_at)}
      </time>
    </li>
  )
})

function isRushOf(bids: Bid[]): boolean {
  const [newest, before] = [bids[0], bids[RUSH_BIDS]]
  return before !== undefined && Date.parse(newest?.placed_at ?? '') - Date.parse(before.placed_at) < 1_000
}
