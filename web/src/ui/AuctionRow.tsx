import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { LiveAuction } from '@/live/auctionState'
import { t } from '@/strings/t'
import { priceOf, StatusBadge } from './AuctionCard'
import { Picture, Price } from './bits'
import { Countdown } from './Countdown'

interface Props {
  auction: LiveAuction
  /** Instead of the auction's own state. */
  badge?: ReactNode
  /** A line below the price. */
  note?: ReactNode
  /** What can be done, at the end. */
  children?: ReactNode
}

/** An auction as one line of a list of the person's own. */
export function AuctionRow({ auction, badge, note, children }: Props) {
  const price = priceOf(auction)
  return (
    <li className="grid animate-rise grid-cols-[5.5rem_1fr] gap-x-4 gap-y-3 rounded-2xl border border-line bg-raised p-3 sm:grid-cols-[7rem_1fr_auto] sm:items-center sm:gap-x-5">
      <Link to="/auctions/$auctionId" params={{ auctionId: auction.id }} tabIndex={-1} aria-hidden="true">
        <Picture
          src={auction.listing?.image_url}
          alt=""
          sizes="112px"
          className="aspect-square rounded-xl sm:aspect-4/3"
        />
      </Link>
      <div className="grid min-w-0 gap-1">
        <div className="flex flex-wrap items-center gap-2">
          {badge ?? <StatusBadge auction={auction} />}
          {auction.status === 'live' && auction.ends_at && (
            <Countdown endsAt={auction.ends_at} className="text-sm font-semibold" />
          )}
        </div>
        <Link
          to="/auctions/$auctionId"
          params={{ auctionId: auction.id }}
          className="line-clamp-2 leading-snug font-semibold hover:text-accent"
        >
          {auction.listing?.title ?? t('auction.untitled')}
        </Link>
        <p className="flex flex-wrap items-baseline gap-x-2 text-sm text-ink-3">
          {price.words}
          <Price
            key={price.amount}
            amount={price.amount}
            currency={auction.currency}
            className="animate-flash rounded text-lg text-ink"
          />
          <span>{t('auction.bids', { n: auction.bid_count })}</span>
        </p>
        {note && <div className="text-sm text-ink-2">{note}</div>}
      </div>
      {children && (
        <div className="col-span-2 flex flex-wrap gap-2 sm:col-span-1 sm:max-w-72 sm:justify-end">
          {children}
        </div>
      )}
    </li>
  )
}

/** Rows on their way. */
export function Rows({ children }: { children: ReactNode }) {
  return <ul className="grid grid-cols-1 gap-3">{children}</ul>
}
