import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowRight, Gavel } from 'lucide-react'
import { useDeferredValue, useEffect } from 'react'
import { api } from '@/api/client'
import type { Auction, Listing, Page } from '@/api/types'
import { rememberAuctions, useLiveAuction } from '@/live/auctions'
import type { LiveAuction } from '@/live/auctionState'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { AuctionCard, priceOf, StatusBadge } from '@/ui/AuctionCard'
import { EmptyState, Picture, Price, Skeleton } from '@/ui/bits'
import { buttonClass } from '@/ui/Button'
import { Countdown } from '@/ui/Countdown'
import { Failure } from '@/ui/Failure'
import { Grid, GridSkeleton, PageFrame, Section } from '@/ui/Grid'
import { ListingCard } from '@/ui/ListingCard'

const SHOWN = 12
const WATCHED = 12
const FRESH = 8
const ASKED = 24
const NONE: never[] = []

type Status = 'live' | 'scheduled' | 'ended'
type Sort = 'ending_soon' | 'newest'

function useAuctions(status: Status, sort: Sort, limit = SHOWN) {
  const queryClient = useQueryClient()
  return useQuery({
    queryKey: ['auctions', { status, sort, limit }],
    queryFn: async () => {
      const found = (await api.get('/v1/auctions', {
        query: { status, sort, limit },
      })) as unknown as Page<Auction>
      rememberAuctions(queryClient, found.items)
      return found.items
    },
  })
}

/** The newest things, by auction or at a price; more than are shown, as those that are live stand above already. */
function useNewest() {
  return useQuery({
    queryKey: ['listings', 'newest'],
    queryFn: async () =>
      (
        (await api.get('/v1/listings', {
          query: { sort: 'newest', limit: ASKED },
        })) as unknown as Page<Listing>
      ).items,
  })
}

/** Once one of them is over, the lists are asked for anew. */
function useMoving(auction: Auction, isWatched: boolean): LiveAuction {
  const queryClient = useQueryClient()
  const moving = useLiveAuction(auction.id, isWatched) ?? auction
  const isOver = auction.status === 'live' && moving.status !== 'live'
  useEffect(() => {
    if (isOver) void queryClient.invalidateQueries({ queryKey: ['auctions'] })
  }, [isOver, queryClient])
  return moving
}

function LiveCard({ auction, isWatched }: { auction: Auction; isWatched: boolean }) {
  return <AuctionCard auction={useMoving(auction, isWatched)} />
}

/** The auction that ends next, large: the first thing a newcomer sees is a price that moves. */
function Hero({ auction }: { auction: Auction }) {
  const moving = useMoving(auction, true)
  const price = priceOf(moving)
  return (
    <Link
      to="/auctions/$auctionId"
      params={{ auctionId: auction.id }}
      className="group grid overflow-hidden rounded-3xl border border-line bg-raised shadow-card md:grid-cols-[1.35fr_1fr]"
    >
      <Picture
        src={moving.listing?.image_url}
        alt=""
        isFirst
        className="aspect-4/3 md:aspect-auto md:min-h-96"
      />
      <div className="flex flex-col justify-between gap-6 p-6 sm:p-9">
        <div className="grid gap-4">
          <div className="flex items-center gap-3">
            <StatusBadge auction={moving} />
            {moving.ends_at && moving.status === 'live' && (
              <span className="text-sm font-semibold text-ink-2">
                {t('home.endsIn')} <Countdown endsAt={moving.ends_at} className="text-ink" />
              </span>
            )}
          </div>
          <h1 className="line-clamp-3 text-3xl font-extrabold sm:text-4xl lg:text-5xl">
            {moving.listing?.title}
          </h1>
          {moving.listing?.seller_name && (
            <p className="text-ink-2">{t('auction.by', { name: moving.listing.seller_name })}</p>
          )}
        </div>
        <div className="flex flex-wrap items-end justify-between gap-5">
          <div>
            <p className="text-sm text-ink-3">{price.words}</p>
            <Price
              key={price.amount}
              amount={price.amount}
              currency={moving.currency}
              className="animate-flash rounded-lg text-5xl lg:text-6xl"
            />
            <p className="mt-1 text-sm text-ink-3">{t('auction.bids', { n: moving.bid_count })}</p>
          </div>
          <span className={buttonClass('primary', 'large')}>
            {t('home.enter')}
            <ArrowRight aria-hidden="true" className="size-5 transition group-hover:translate-x-1" />
          </span>
        </div>
      </div>
    </Link>
  )
}

/** What is live now, what ends soon, what comes, and what was paid. */
export function HomePage() {
  useTitle(t('home.title'))
  const ending = useAuctions('live', 'ending_soon', SHOWN + 1)
  const newest = useNewest()
  const coming = useAuctions('scheduled', 'ending_soon', 4)
  const results = useAuctions('ended', 'newest', 4)
  // Lists are drawn in slices, so that a slow phone answers meanwhile.
  const running = useDeferredValue(ending.data)
  const listed = useDeferredValue(newest.data) ?? NONE
  const upcoming = useDeferredValue(coming.data) ?? NONE
  const over = useDeferredValue(results.data) ?? NONE
  // What stands further down waits for what stands above it: nothing that is read moves away.
  if (!running && !ending.isError) return <HomeSkeleton />
  const auctions = running ?? NONE
  const first = auctions[0]
  const rest = auctions.filter(one => one.id !== first?.id)
  const shown = new Set(auctions.map(one => one.listing_id))
  const fresh = listed.filter(one => !shown.has(one.id)).slice(0, FRESH)
  return (
    <PageFrame>
      {ending.isError && <Failure error={ending.error} retry={() => void ending.refetch()} />}
      {first && <Hero auction={first} />}
      {ending.isSuccess && !first && (
        <EmptyState
          icon={<Gavel className="size-7" />}
          title={t('home.emptyTitle')}
          action={
            <Link to="/sell" className={buttonClass()}>
              {t('home.emptyAction')}
            </Link>
          }
        >
          {t('home.empty')}
        </EmptyState>
      )}
      {rest.length > 0 && (
        <Section title={t('home.live')} lead={t('home.liveLead')} action={<SeeAll />}>
          <Grid>
            {rest.map((auction, index) => (
              <LiveCard key={auction.id} auction={auction} isWatched={index < WATCHED} />
            ))}
          </Grid>
        </Section>
      )}
      {fresh.length > 0 && (
        <Section title={t('home.new')} lead={t('home.newLead')}>
          <Grid>
            {fresh.map(listing => (
              <ListingCard key={listing.id} listing={listing} isWatched />
            ))}
          </Grid>
        </Section>
      )}
      {upcoming.length > 0 && (
        <Section title={t('home.coming')} lead={t('home.comingLead')}>
          <Grid>
            {upcoming.map(auction => (
              <AuctionCard key={auction.id} auction={auction} />
            ))}
          </Grid>
        </Section>
      )}
      {over.length > 0 && (
        <Section title={t('home.results')} lead={t('home.resultsLead')}>
          <Grid>
            {over.map(auction => (
              <AuctionCard key={auction.id} auction={auction} />
            ))}
          </Grid>
        </Section>
      )}
    </PageFrame>
  )
}

function HomeSkeleton() {
  return (
    <PageFrame>
      <Skeleton className="aspect-3/4 rounded-3xl sm:aspect-4/3 md:aspect-auto md:h-96" />
      <GridSkeleton />
    </PageFrame>
  )
}

function SeeAll() {
  return (
    <Link
      to="/search"
      search={{ sale_type: 'auction' }}
      className="shrink-0 text-sm font-semibold text-accent hover:underline"
    >
      {t('home.seeAll')}
    </Link>
  )
}
