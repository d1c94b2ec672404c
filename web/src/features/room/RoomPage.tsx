import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { memo, type ReactNode } from 'react'
import type { Listing, Medium } from '@/api/types'
import { isOver, type LiveAuction } from '@/live/auctionState'
import { cx } from '@/shared/cx'
import { formatDateTime } from '@/shared/dates'
import { useInSight } from '@/shared/inSight'
import { formatMoney } from '@/shared/money'
import { useTitle } from '@/shared/title'
import { useIsWide } from '@/shared/wide'
import { t } from '@/strings/t'
import { priceOf, StatusBadge } from '@/ui/AuctionCard'
import { Avatar, Notice, Price, Skeleton } from '@/ui/bits'
import { buttonClass } from '@/ui/Button'
import { ConnectionPill } from '@/ui/ConnectionPill'
import { Countdown } from '@/ui/Countdown'
import { Failure } from '@/ui/Failure'
import { Gallery } from '@/ui/Gallery'
import { listingQuery } from '@/ui/listings'
import { WatchButton } from '@/ui/WatchButton'
import { BidBox } from './BidBox'
import { History } from './History'
import { Panel, Standing } from './Panel'
import { useRoom } from './useRoom'

// Always the same: what gets it need not be drawn again.
const NONE: Medium[] = []
/** What the bars above and below take of a phone's window. */
const BARS = '-64px 0px -150px'

/** The live room. */
export function RoomPage() {
  const { auctionId } = useParams({ from: '/auctions/$auctionId' })
  const { auction, error, retry, isFresh, moment, user } = useRoom(auctionId)
  const isWide = useIsWide()
  const [priceRef, isPriceInSight] = useInSight(BARS)
  const listingId = auction?.listing_id
  const listing = useQuery({ ...listingQuery(listingId ?? ''), enabled: listingId !== undefined })
  const title = auction?.listing?.title ?? listing.data?.title
  useTitle(
    title && auction?.status === 'live'
      ? `${formatMoney(priceOf(auction).amount, auction.currency)} · ${title}`
      : title,
  )
  if (error && !auction) return <Failure error={error} retry={() => void retry()} />
  if (!auction) return <RoomSkeleton />
  const isOwn = user?.id === auction.seller_id
  const panel = { auction, isFresh, isOwn, isSignedIn: user !== null, moment }
  const history = <History bids={auction.recent_bids} currency={auction.currency} isOver={isOver(auction)} />
  return (
    <>
      <div className="mx-auto grid w-full max-w-7xl grid-cols-1 gap-8 sm:px-6 sm:py-8 md:grid-cols-[minmax(0,1.25fr)_minmax(0,1fr)] lg:gap-12">
        <div className="grid grid-cols-1 content-start gap-8">
          <Gallery
            title={title ?? ''}
            media={listing.data?.media ?? NONE}
            cover={auction.listing?.image_url}
          />
          {!isWide && (
            <div className="px-4 sm:px-0">
              <Heading auction={auction} title={title} />
              <div className="mt-6">
                <Panel {...panel} priceRef={priceRef} />
              </div>
            </div>
          )}
          <div className="grid grid-cols-1 gap-8 px-4 sm:px-0">
            <About listing={listing.data} {...factsOf(auction)} />
            {!isWide && (
              <section className="grid grid-cols-1 gap-2">
                <h2 className="text-xl font-bold">{t('history.title')}</h2>
                {history}
              </section>
            )}
          </div>
        </div>
        {isWide && (
          <aside>
            <div className="sticky top-22 grid gap-6">
              <Heading auction={auction} title={title} />
              <div className="rounded-3xl border border-line bg-raised p-6 shadow-card">
                <Panel {...panel} />
              </div>
              <section className="grid gap-1 rounded-3xl border border-line bg-raised p-6">
                <h2 className="text-lg font-bold">{t('history.title')}</h2>
                {/* A region that scrolls must be reachable by the keyboard. */}
                <div
                  className="max-h-72 overflow-y-auto"
                  // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
                  tabIndex={0}
                  role="region"
                  aria-label={t('history.title')}
                >
                  {history}
                </div>
              </section>
            </div>
          </aside>
        )}
      </div>
      {auction.status === 'live' && !isWide && (
        <div className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-paper p-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
          <div className="mb-2 empty:hidden">
            <Standing auction={auction} moment={moment} isOwn={isOwn} isSmall />
          </div>
          {/* Once is enough: it comes when the large one is out of sight. */}
          <div
            className={cx(
              'mb-2 flex items-baseline justify-between gap-3 px-1 text-sm',
              isPriceInSight && 'hidden',
            )}
            aria-hidden="true"
          >
            <span className="flex items-baseline gap-2 text-ink-3">
              {priceOf(auction).words}
              <Price
                key={priceOf(auction).amount}
                amount={priceOf(auction).amount}
                currency={auction.currency}
                className={cx('animate-flash rounded text-lg text-ink', !isFresh && 'opacity-45')}
              />
            </span>
            {auction.ends_at && <Countdown endsAt={auction.ends_at} className="text-base font-bold" />}
          </div>
          <BidBox auction={auction} isSignedIn={user !== null} isOwn={isOwn} isFresh={isFresh} />
        </div>
      )}
    </>
  )
}

function Heading({ auction, title }: { auction: LiveAuction; title: string | undefined }) {
  return (
    <div className="grid gap-3">
      <div className="flex items-center gap-2">
        <StatusBadge auction={auction} />
        {auction.status === 'live' && <ConnectionPill />}
        <span className="ml-auto">
          <WatchButton listingId={auction.listing_id} auctionId={auction.id} />
        </span>
      </div>
      <h1 className="text-2xl font-extrabold sm:text-3xl lg:text-4xl">{title}</h1>
      {auction.listing?.seller_name && (
        <Link
          to="/people/$userId"
          params={{ userId: auction.seller_id }}
          className="flex w-fit items-center gap-2 text-sm text-ink-2 hover:text-accent"
        >
          <Avatar name={auction.listing.seller_name} className="size-7 text-[0.65rem]" />
          {t('auction.by', { name: auction.listing.seller_name })}
        </Link>
      )}
    </div>
  )
}

const About = memo(function About({ listing, ...facts }: { listing: Listing | undefined } & FactsOf) {
  return (
    <section className="grid grid-cols-1 gap-5">
      <h2 className="text-xl font-bold">{t('room.about')}</h2>
      {listing ? (
        <p className="max-w-prose whitespace-pre-line text-ink-2">{listing.description}</p>
      ) : (
        <Skeleton className="h-24" />
      )}
      <Facts {...facts} />
      {listing && (
        <p className="text-sm">
          <Link
            to="/listings/$listingId"
            params={{ listingId: listing.id }}
            className="font-semibold text-accent hover:underline"
          >
            {t('room.listing')}
          </Link>
        </p>
      )}
      {facts.isUnsold && (
        <Notice tone="neutral">
          {t('room.unsoldHint')}{' '}
          <Link to="/" className={cx(buttonClass('quiet', 'small'), 'h-auto! px-1! underline')}>
            {t('room.seeOthers')}
          </Link>
        </Notice>
      )}
    </section>
  )
})

function RoomSkeleton() {
  return (
    <div className="mx-auto grid min-h-dvh w-full max-w-7xl grid-cols-1 content-start gap-8 sm:px-6 sm:py-8 md:grid-cols-[minmax(0,1.25fr)_minmax(0,1fr)]">
      <Skeleton className="aspect-4/3 rounded-none sm:rounded-3xl" />
      <div className="grid content-start gap-5 px-4 sm:px-0">
        <Skeleton className="h-10 w-3/4" />
        <Skeleton className="h-20 w-1/2" />
        <Skeleton className="h-14 rounded-full" />
        <Skeleton className="h-40" />
      </div>
    </div>
  )
}

/** What does not move with every bid. */
function factsOf(auction: LiveAuction) {
  return {
    currency: auction.currency,
    increment: auction.bid_increment,
    starting: auction.starting_price,
    reserveMet: auction.reserve_met,
    endsAt: auction.ends_at,
    isOver: isOver(auction),
    isUnsold: auction.status === 'unsold',
  }
}
type FactsOf = ReturnType<typeof factsOf>

function Facts({ currency, increment, starting, reserveMet, endsAt, isOver }: FactsOf) {
  const facts: [string, ReactNode][] = [
    [t('room.increment'), formatMoney(increment, currency)],
    [t('room.starting'), formatMoney(starting, currency)],
  ]
  if (reserveMet !== null)
    facts.push([t('room.reserve'), reserveMet ? t('room.reserveMet') : t('room.reserveNotMet')])
  if (endsAt) facts.push([isOver ? t('room.endedAt') : t('room.endsAt'), formatDateTime(endsAt)])
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 text-sm">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="text-ink-3">{name}</dt>
          <dd className="figures font-semibold">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
