import type { Bid } from '@/api/types'
import { cx } from '@/shared/cx'
import { formatTime } from '@/shared/dates'
import { formatMoney } from '@/shared/money'
import { t } from '@/strings/t'
import { Badge } from '@/ui/bits'

/** The bids, newest first, as they come. */
export function History({ bids, currency }: { bids: Bid[] | undefined; currency: string }) {
  if (!bids || bids.length === 0) return <p className="py-6 text-center text-ink-3">{t('history.none')}</p>
  return (
    <ol className="grid" aria-label={t('history.title')}>
      {bids.map(bid => (
        <li
          key={bid.id}
          className={cx(
            'flex animate-rise items-center gap-3 border-b border-line py-2.5 last:border-0',
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
      ))}
    </ol>
  )
}
