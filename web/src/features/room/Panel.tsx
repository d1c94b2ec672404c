import { Clock3, Crown, Eye, Gavel, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode, Ref } from 'react'
import { isOver, type LiveAuction } from '@/live/auctionState'
import { useCalm } from '@/shared/calm'
import { cx } from '@/shared/cx'
import { formatMoney } from '@/shared/money'
import { useIsWide } from '@/shared/wide'
import { t } from '@/strings/t'
import { priceOf } from '@/ui/AuctionCard'
import { Badge, Price } from '@/ui/bits'
import { Countdown } from '@/ui/Countdown'
import { BidBox } from './BidBox'
import { BuyNow } from './BuyNow'
import { Result } from './Result'
import type { Moment } from './useRoom'

const SPOKEN_MS = 5_000

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
export function Standing({
  auction,
  moment,
  isOwn,
  isSmall = false,
}: {
  auction: LiveAuction
  moment: Moment | null
  isOwn: boolean
  isSmall?: boolean
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
            'flex items-center gap-3 font-semibold',
            isSmall ? 'rounded-xl px-3 py-2 text-sm leading-snug' : 'rounded-2xl px-4 py-3',
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

/** The price for who hears the page: in a fight once in a while, as it moves faster than it can be read out. */
function SpokenPrice({ words, amount, currency }: { words: string; amount: number; currency: string }) {
  const said = useCalm(`${words} ${formatMoney(amount, currency)}`, SPOKEN_MS)
  return (
    <p role="status" className="sr-only">
      {said}
    </p>
  )
}

/** Price, time, where the person stands, and what can be done. */
export function Panel({
  auction,
  isFresh,
  isOwn,
  isSignedIn,
  moment,
  priceRef,
}: {
  auction: LiveAuction
  isFresh: boolean
  isOwn: boolean
  isSignedIn: boolean
  moment: Moment | null
  priceRef?: Ref<HTMLDivElement>
}) {
  const price = priceOf(auction)
  const over = isOver(auction)
  const isWide = useIsWide()
  return (
    <div className="grid gap-5">
      {over ? (
        <Result auction={auction} />
      ) : (
        <div className="flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
          <div data-price="" ref={priceRef}>
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
          <SpokenPrice words={price.words} amount={price.amount} currency={auction.currency} />
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
        {auction.reserve_met === false && auction.status === 'live' && (
          <Badge tone="warn">{t('room.reserveNotMet')}</Badge>
        )}
        {auction.reserve_met === true && !over && <Badge tone="good">{t('room.reserveMet')}</Badge>}
      </p>
      {isWide && (
        <div className="grid gap-5">
          <Standing auction={auction} moment={moment} isOwn={isOwn} />
          <BidBox auction={auction} isSignedIn={isSignedIn} isOwn={isOwn} isFresh={isFresh} />
        </div>
      )}
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
