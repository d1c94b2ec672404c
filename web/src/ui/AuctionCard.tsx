import { Link } from '@tanstack/react-router'
import { CalendarClock, Gavel } from 'lucide-react'
import type { Auction } from '@/api/types'
import type { LiveAuction } from '@/live/auctionState'
import { formatDateTime } from '@/shared/dates'
import { t } from '@/strings/t'
import { Badge, CARD_SIZES, Picture, Price } from './bits'
import { Countdown } from './Countdown'

/** The words and colour of an auction's state, as lists show it. */
export function StatusBadge({ auction }: { auction: LiveAuction }) {
  switch (auction.status) {
    case 'live':
      return <Badge tone="live">{t('status.live')}</Badge>
    case 'scheduled':
      return <Badge>{t('status.scheduled')}</Badge>
    case 'sold':
      return <Badge tone="good">{t('status.sold')}</Badge>
    case 'awaiting_decision':
      return <Badge tone="warn">{t('status.awaitingDecision')}</Badge>
    case 'cancelled':
      return <Badge>{t('status.cancelled')}</Badge>
    default:
      return <Badge>{t('status.unsold')}</Badge>
  }
}

/** What the price is called now, and the amount that stands for it. */
export function priceOf(auction: Auction): { words: string; amount: number } {
  if (auction.status === 'sold')
    return { words: t('price.soldFor'), amount: auction.final_price ?? auction.current_price ?? 0 }
  if (auction.current_price === null) return { words: t('price.startsAt'), amount: auction.starting_price }
  return {
    words: auction.status === 'live' ? t('price.currentBid') : t('price.highestBid'),
    amount: auction.current_price,
  }
}

/** An auction in a list; the whole card leads to its room. */
export function AuctionCard({ auction }: { auction: LiveAuction }) {
  const title = auction.listing?.title ?? t('auction.untitled')
  const price = priceOf(auction)
  return (
    <Link
      to="/auctions/$auctionId"
      params={{ auctionId: auction.id }}
      className="group grid animate-rise content-start gap-3 rounded-2xl focus-visible:outline-offset-4"
    >
      <div className="relative">
        <Picture
          src={auction.listing?.image_url}
          alt=""
          sizes={CARD_SIZES}
          className="aspect-4/3 rounded-2xl shadow-card transition duration-300 group-hover:brightness-[1.04]"
        />
        <div className="absolute top-3 left-3">
          <StatusBadge auction={auction} />
        </div>
        {auction.status === 'live' && auction.ends_at && (
          <span className="absolute right-3 bottom-3 rounded-full bg-raised/95 px-3 py-1 text-sm font-bold shadow-card">
            <Countdown endsAt={auction.ends_at} />
          </span>
        )}
      </div>
      <div className="grid gap-1 px-0.5">
        <h3 className="line-clamp-2 font-sans text-[0.95rem] leading-snug font-semibold tracking-normal text-ink group-hover:text-accent">
          {title}
        </h3>
        <div className="flex flex-wrap items-end justify-between gap-x-3 gap-y-0.5">
          <div>
            <p className="text-xs text-ink-3">{price.words}</p>
            <Price
              key={price.amount}
              amount={price.amount}
              currency={auction.currency}
              className="text-xl motion-safe:animate-flash rounded"
            />
          </div>
          <p className="flex items-center gap-1 pb-0.5 text-xs whitespace-nowrap text-ink-3">
            {auction.status === 'scheduled' ? (
              <CalendarClock aria-hidden="true" className="size-3.5" />
            ) : (
              <Gavel aria-hidden="true" className="size-3.5" />
            )}
            {auction.status === 'scheduled' && auction.starts_at
              ? formatDateTime(auction.starts_at)
              : t('auction.bids', { n: auction.bid_count })}
          </p>
        </div>
      </div>
    </Link>
  )
}
