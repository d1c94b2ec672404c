import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { CalendarDays, MapPin, Package, Users } from 'lucide-react'
import { useUser } from '@/api/useSession'
import { useLiveAuction } from '@/live/auctions'
import { formatDay } from '@/shared/dates'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { priceOf, StatusBadge } from '@/ui/AuctionCard'
import { Badge, Price, Skeleton } from '@/ui/bits'
import { buttonClass } from '@/ui/Button'
import { Countdown } from '@/ui/Countdown'
import { Failure } from '@/ui/Failure'
import { Gallery } from '@/ui/Gallery'
import { listingQuery } from '@/ui/listings'
import { SellerLine } from '@/ui/SellerLine'
import { WatchButton } from '@/ui/WatchButton'
import { BuyIt } from './BuyIt'

const CONDITIONS: Record<string, string> = {
  new: t('condition.new'),
  used: t('condition.used'),
  refurbished: t('condition.refurbished'),
}

/** The name of an attribute as people write it: `area_m2` is `Area, m²`. */
function spelledOut(name: string): string {
  const words = name.replaceAll('_', ' ').replace(/ m2$/, ', m²').replace(/ km$/, ', km')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function ItsAuction({ auctionId }: { auctionId: string }) {
  const auction = useLiveAuction(auctionId)
  // As high as what comes, so that the text below stays where it is.
  if (!auction) return <Skeleton className="h-[16.125rem] rounded-3xl" />
  const price = priceOf(auction)
  return (
    <div className="grid gap-4 rounded-3xl border border-line bg-raised p-6 shadow-card">
      <div className="flex items-center justify-between gap-3">
        <StatusBadge auction={auction} />
        {auction.status === 'live' && auction.ends_at && (
          <Countdown endsAt={auction.ends_at} className="text-lg font-bold" />
        )}
      </div>
      <div>
        <p className="text-sm text-ink-3">{price.words}</p>
        <Price
          key={price.amount}
          amount={price.amount}
          currency={auction.currency}
          className="animate-flash rounded-lg text-5xl"
        />
        <p className="mt-1 text-sm text-ink-3">{t('auction.bids', { n: auction.bid_count })}</p>
      </div>
      <Link
        to="/auctions/$auctionId"
        params={{ auctionId }}
        className={buttonClass('primary', 'large', true)}
      >
        {auction.status === 'live' ? t('listing.enter') : t('listing.seeAuction')}
      </Link>
    </div>
  )
}

function ListingSkeleton() {
  return (
    <div className="mx-auto grid min-h-dvh w-full max-w-7xl grid-cols-1 content-start gap-8 sm:px-6 sm:py-8 md:grid-cols-[minmax(0,1.25fr)_minmax(0,1fr)] lg:gap-12">
      <Skeleton className="aspect-4/3 rounded-none sm:rounded-3xl" />
      <div className="grid content-start gap-5 px-4 sm:px-0">
        <Skeleton className="h-10 w-3/4" />
        <Skeleton className="h-64 rounded-3xl" />
      </div>
    </div>
  )
}

/** A thing for sale: its pictures, its story, and how to get it. */
export function ListingPage() {
  const { listingId } = useParams({ from: '/listings/$listingId' })
  const { data: listing, error, refetch } = useQuery(listingQuery(listingId))
  const user = useUser()
  useTitle(listing?.title)
  if (error) return <Failure error={error} retry={() => void refetch()} />
  if (!listing) return <ListingSkeleton />
  const attributes = Object.entries(listing.attributes)
  return (
    <div className="mx-auto grid w-full max-w-7xl grid-cols-1 gap-8 sm:px-6 sm:py-8 md:grid-cols-[minmax(0,1.25fr)_minmax(0,1fr)] lg:gap-12">
      <Gallery title={listing.title} media={listing.media} />
      <div className="grid content-start gap-6 px-4 sm:px-0">
        <div className="flex items-start justify-between gap-4">
          <div className="grid gap-3">
            <div className="flex flex-wrap gap-2">
              <Badge>{CONDITIONS[listing.condition] ?? listing.condition}</Badge>
              {listing.status === 'draft' && <Badge tone="warn">{t('listing.draft')}</Badge>}
              {listing.status === 'sold' && <Badge tone="good">{t('status.sold')}</Badge>}
            </div>
            <h1 className="text-3xl font-extrabold lg:text-4xl">{listing.title}</h1>
          </div>
          <WatchButton listingId={listing.id} auctionId={listing.auction_id} />
        </div>
        {listing.auction_id !== null && <ItsAuction auctionId={listing.auction_id} />}
        {listing.price !== null && (
          <div>
            <p className="text-sm text-ink-3">{t('listing.price')}</p>
            <Price amount={listing.price} currency={listing.currency} className="text-5xl" />
          </div>
        )}
        {listing.price !== null && listing.status === 'active' && user?.id !== listing.seller_id && (
          <BuyIt listing={listing} price={listing.price} isSignedIn={user !== null} />
        )}
        {user?.id === listing.seller_id && (
          <Link to="/sell/$listingId" params={{ listingId: listing.id }} className={buttonClass('plain')}>
            {t('listing.edit')}
          </Link>
        )}
        <SellerLine id={listing.seller_id} name={listing.seller.display_name} />
        <p className="max-w-prose whitespace-pre-line text-ink-2">{listing.description}</p>
        {attributes.length > 0 && (
          <dl className="grid grid-cols-2 gap-x-6 gap-y-3 rounded-2xl bg-sunken p-5 text-sm">
            {attributes.map(([name, value]) => (
              <div key={name}>
                <dt className="text-ink-3">{spelledOut(name)}</dt>
                <dd className="font-semibold first-letter:uppercase">{String(value)}</dd>
              </div>
            ))}
          </dl>
        )}
        <ul className="grid gap-3 border-t border-line pt-5 text-sm text-ink-2">
          {listing.fulfilment.includes('shipping') && (
            <li className="flex items-center gap-3">
              <Package aria-hidden="true" className="size-5" /> {t('listing.ships')}
            </li>
          )}
          {listing.fulfilment.includes('meetup') && (
            <li className="flex items-center gap-3">
              <Users aria-hidden="true" className="size-5" /> {t('listing.meets')}
            </li>
          )}
          {listing.location && (
            <li className="flex items-center gap-3">
              <MapPin aria-hidden="true" className="size-5" /> {listing.location.name}
            </li>
          )}
          <li className="flex items-center gap-3">
            <CalendarDays aria-hidden="true" className="size-5" />
            {t('listing.published', { day: formatDay(listing.published_at ?? listing.created_at) })}
          </li>
        </ul>
      </div>
    </div>
  )
}
