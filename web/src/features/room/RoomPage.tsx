import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Clock3, Crown, Eye, Gavel, Info, PartyPopper, TriangleAlert } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Listing } from '@/api/types'
import { isOver, type LiveAuction } from '@/live/auctionState'
import { cx } from '@/shared/cx'
import { formatDateTime } from '@/shared/dates'
import { formatMoney } from '@/shared/money'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { priceOf, StatusBadge } from '@/ui/AuctionCard'
import { Avatar, Badge, Notice, Picture, Price, Skeleton } from '@/ui/bits'
import { buttonClass } from '@/ui/Button'
import { ConnectionPill } from '@/ui/ConnectionPill'
import { Countdown } from '@/ui/Countdown'
import { Failure } from '@/ui/Failure'
import { listingQuery, pictureUrl } from '@/ui/listings'
import { WatchButton } from '@/ui/WatchButton'
import { BidBox } from './BidBox'
import { BuyNow } from './BuyNow'
import { History } from './History'
import { useRoom, type Moment } from './useRoom'

const LARGE = 'large'

function Gallery({ listing, auction }: { listing: Listing | undefined; auction: LiveAuction }) {
  const [chosen, setChosen] = useState(0)
  const media = listing?.media ?? []
  const shown = media[Math.min(chosen, Math.max(0, media.length - 1))]
  const title = auction.listing?.title ?? ''
  return (
    <div className="grid gap-3">
      <Picture
        src={shown ? pictureUrl(shown, LARGE) : auction.listing?.image_url}
        alt={title}
        isFirst
        className="aspect-4/3 sm:rounded-3xl"
      />
      {media.length > 1 && (
        <div className="flex gap-2 overflow-x-auto px-4 sm:px-0">
          {media.map((medium, index) => (
            <button
              key={medium.id}
              type="button"
              aria-label={t('room.picture', { n: index + 1, of: media.length })}
              aria-pressed={index === chosen}
              onClick={() => setChosen(index)}
              className={cx(
                'shrink-0 overflow-hidden rounded-xl border-2',
                index === chosen ? 'border-accent' : 'border-transparent',
              )}
            >
              <Picture src={pictureUrl(medium, 'thumb')} alt="" className="size-16" />
            </button>
          ))}
        </div>
      )}
    </div>
  )
}

const MOMENTS: Record<Moment['kind'], { tone: 'warn' | 'good' | 'neutral'; words: string; icon: ReactNode }> =
  {
    outbid: {
      tone: 'warn',
      words: t('room.outbid'),
      icon: <TriangleAlert aria-hidden="true" className="size-5" />,
    },
    leading: {
      tone: 'good',
      words: t('room.nowLeading'),
      icon: <Crown aria-hidden="true" className="size-5" />,
    },
    extended: {
      tone: 'neutral',
      words: t('room.extended'),
      icon: <Clock3 aria-hidden="true" className="size-5" />,
    },
    ended: { tone: 'neutral', words: t('room.ended'), icon: <Gavel aria-hidden="true" className="size-5" /> },
  }
const TONES = {
  warn: 'bg-warn-soft text-warn',
  good: 'bg-good-soft text-good',
  neutral: 'bg-sunken text-ink',
}

/** What just happened, and where the person stands. */
function Standing({
  auction,
  moment,
  isOwn,
}: {
  auction: LiveAuction
  moment: Moment | null
  isOwn: boolean
}) {
  const said = moment ? MOMENTS[moment.kind] : null
  const you = auction.you
  const lasting =
    auction.status !== 'live' || isOwn
      ? null
      : you?.status === 'leading'
        ? {
            tone: 'good' as const,
            words: t('room.youLead', { amount: formatMoney(you.max_amount ?? 0, auction.currency) }),
            icon: <Crown aria-hidden="true" className="size-5" />,
          }
        : you?.status === 'outbid'
          ? {
              tone: 'warn' as const,
              words: t('room.youAreOutbid'),
              icon: <TriangleAlert aria-hidden="true" className="size-5" />,
            }
          : null
  const shown = said ?? lasting
  return (
    <div aria-live="assertive" className="empty:hidden">
      {shown && (
        <div
          key={moment?.id ?? 'lasting'}
          className={cx(
            'flex items-center gap-3 rounded-2xl px-4 py-3 font-semibold',
            TONES[shown.tone],
            moment?.kind === 'outbid' ? 'animate-shake' : moment && 'animate-rise',
          )}
        >
          {shown.icon}
          {shown.words}
        </div>
      )}
    </div>
  )
}

function Result({ auction }: { auction: LiveAuction }) {
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
      {won && <p className="text-sm font-medium">{t('result.wonNext')}</p>}
      {auction.status === 'awaiting_decision' && auction.decide_by && (
        <p className="text-sm text-ink-2">
          {t('result.decideBy', { at: formatDateTime(auction.decide_by) })}
        </p>
      )}
    </div>
  )
}

function Facts({ auction }: { auction: LiveAuction }) {
  const facts: [string, ReactNode][] = [
    [t('room.increment'), formatMoney(auction.bid_increment, auction.currency)],
    [t('room.starting'), formatMoney(auction.starting_price, auction.currency)],
  ]
  if (auction.reserve_met !== null)
    facts.push([t('room.reserve'), auction.reserve_met ? t('room.reserveMet') : t('room.reserveNotMet')])
  if (auction.ends_at)
    facts.push([isOver(auction) ? t('room.endedAt') : t('room.endsAt'), formatDateTime(auction.ends_at)])
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

function Panel({
  auction,
  isFresh,
  isOwn,
  isSignedIn,
  moment,
}: {
  auction: LiveAuction
  isFresh: boolean
  isOwn: boolean
  isSignedIn: boolean
  moment: Moment | null
}) {
  const price = priceOf(auction)
  const over = isOver(auction)
  return (
    <div className="grid gap-5">
      {over ? (
        <Result auction={auction} />
      ) : (
        <div className="flex items-end justify-between gap-4">
          <div aria-live="polite" aria-atomic="true">
            <p className="text-sm text-ink-3">{price.words}</p>
            <Price
              key={price.amount}
              amount={price.amount}
              currency={auction.currency}
              className={cx(
                'animate-flash rounded-lg text-5xl transition-opacity sm:text-6xl',
                !isFresh && auction.status === 'live' && 'opacity-45',
              )}
            />
          </div>
          {auction.status === 'live' && auction.ends_at && (
            <div className="text-right">
              <p className="text-sm text-ink-3">{t('room.timeLeft')}</p>
              <Countdown
                endsAt={auction.ends_at}
                spoken
                className="font-display text-3xl font-bold sm:text-4xl"
              />
            </div>
          )}
          {auction.status === 'scheduled' && auction.starts_at && (
            <div className="text-right">
              <p className="text-sm text-ink-3">{t('room.startsIn')}</p>
              <Countdown endsAt={auction.starts_at} className="font-display text-3xl font-bold" />
            </div>
          )}
        </div>
      )}
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-2">
        <span className="flex items-center gap-1.5">
          <Gavel aria-hidden="true" className="size-4" />
          {t('auction.bids', { n: auction.bid_count })} · {t('auction.bidders', { n: auction.bidder_count })}
        </span>
        {auction.viewers !== undefined && auction.viewers > 0 && (
          <span className="flex items-center gap-1.5">
            <Eye aria-hidden="true" className="size-4" />
            {t('room.watching', { n: auction.viewers })}
          </span>
        )}
        {auction.reserve_met === false && !over && <Badge tone="warn">{t('room.reserveNotMet')}</Badge>}
        {auction.reserve_met === true && !over && <Badge tone="good">{t('room.reserveMet')}</Badge>}
      </p>
      <Standing auction={auction} moment={moment} isOwn={isOwn} />
      <div className="hidden md:block">
        <BidBox auction={auction} isSignedIn={isSignedIn} isOwn={isOwn} isFresh={isFresh} />
      </div>
      {auction.status === 'live' && !isOwn && isSignedIn && <BuyNow auction={auction} isFresh={isFresh} />}
      {auction.status === 'live' && auction.anti_snipe.window_seconds > 0 && (
        <p className="flex items-start gap-2 text-sm text-ink-3">
          <Info aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
          {t('room.snipe', {
            window: Math.round(auction.anti_snipe.window_seconds / 60) || 1,
            n: Math.round(auction.anti_snipe.extension_seconds / 60) || 1,
          })}
        </p>
      )}
    </div>
  )
}

/** The live room. */
export function RoomPage() {
  const { auctionId } = useParams({ from: '/auctions/$auctionId' })
  const { auction, error, retry, isFresh, moment, user } = useRoom(auctionId)
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
  return (
    <>
      <div className="mx-auto grid w-full max-w-7xl gap-8 sm:px-6 sm:py-8 md:grid-cols-[1.25fr_1fr] lg:gap-12">
        <div className="grid content-start gap-8">
          <Gallery listing={listing.data} auction={auction} />
          <div className="px-4 sm:px-0 md:hidden">
            <Heading auction={auction} title={title} />
            <div className="mt-6">
              <Panel {...panel} />
            </div>
          </div>
          <div className="grid gap-8 px-4 sm:px-0">
            <About listing={listing.data} auction={auction} />
            <section className="grid gap-2 md:hidden">
              <h2 className="text-xl font-bold">{t('history.title')}</h2>
              <History bids={auction.recent_bids} currency={auction.currency} />
            </section>
          </div>
        </div>
        <aside className="hidden md:block">
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
                <History bids={auction.recent_bids} currency={auction.currency} />
              </div>
            </section>
          </div>
        </aside>
      </div>
      {auction.status === 'live' && (
        <div className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-paper/95 p-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] backdrop-blur-md md:hidden">
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
        <p className="flex items-center gap-2 text-sm text-ink-2">
          <Avatar name={auction.listing.seller_name} className="size-7 text-[0.65rem]" />
          {t('auction.by', { name: auction.listing.seller_name })}
        </p>
      )}
    </div>
  )
}

function About({ listing, auction }: { listing: Listing | undefined; auction: LiveAuction }) {
  return (
    <section className="grid gap-5">
      <h2 className="text-xl font-bold">{t('room.about')}</h2>
      {listing ? (
        <p className="max-w-prose whitespace-pre-line text-ink-2">{listing.description}</p>
      ) : (
        <Skeleton className="h-24" />
      )}
      <Facts auction={auction} />
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
      {auction.status === 'unsold' && (
        <Notice tone="neutral">
          {t('room.unsoldHint')}{' '}
          <Link to="/" className={cx(buttonClass('quiet', 'small'), 'h-auto! px-1! underline')}>
            {t('room.seeOthers')}
          </Link>
        </Notice>
      )}
    </section>
  )
}

function RoomSkeleton() {
  return (
    <div className="mx-auto grid w-full max-w-7xl gap-8 sm:px-6 sm:py-8 md:grid-cols-[1.25fr_1fr]">
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
