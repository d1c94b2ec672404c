import { Link } from '@tanstack/react-router'
import type { Listing } from '@/api/types'
import { useLiveAuction } from '@/live/auctions'
import { t } from '@/strings/t'
import { AuctionCard } from './AuctionCard'
import { Badge, CARD_SIZES, Picture, Price, Skeleton } from './bits'
import { pictureUrl } from './listings'

/** A thing for sale in a list: by auction it shows the auction, else its price. */
export function ListingCard({ listing, isWatched = false }: { listing: Listing; isWatched?: boolean }) {
  if (listing.auction_id !== null)
    return <AuctionedCard listing={listing} auctionId={listing.auction_id} isWatched={isWatched} />
  return <PlainCard listing={listing} />
}

function AuctionedCard({
  listing,
  auctionId,
  isWatched,
}: {
  listing: Listing
  auctionId: string
  isWatched: boolean
}) {
  const auction = useLiveAuction(auctionId, isWatched)
  return auction ? <AuctionCard auction={auction} /> : <PlainCard listing={listing} isAwaited />
}

/** Without an auction; one that `isAwaited` has its place kept. */
function PlainCard({ listing, isAwaited = false }: { listing: Listing; isAwaited?: boolean }) {
  return (
    <Link
      to="/listings/$listingId"
      params={{ listingId: listing.id }}
      className="group grid animate-rise content-start gap-3 rounded-2xl"
    >
      <Picture
        src={pictureUrl(listing.media[0], 'card')}
        alt=""
        sizes={CARD_SIZES}
        className="aspect-4/3 rounded-2xl shadow-card transition duration-300 group-hover:brightness-[1.04]"
      />
      <div className="grid gap-1 px-0.5">
        <h3 className="line-clamp-2 font-sans text-[0.95rem] leading-snug font-semibold tracking-normal group-hover:text-accent">
          {listing.title}
        </h3>
        {isAwaited ? (
          <Skeleton className="h-10 w-2/3" />
        ) : listing.price === null ? (
          <span>
            <Badge>{t('listing.auctionSoon')}</Badge>
          </span>
        ) : (
          <Price amount={listing.price} currency={listing.currency} className="text-xl" />
        )}
      </div>
    </Link>
  )
}
