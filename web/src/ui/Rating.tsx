import { Star } from 'lucide-react'
import type { RatingSummary } from '@/api/people'
import { cx } from '@/shared/cx'
import { oneDecimal } from '@/shared/ratings'
import { p } from '@/strings/people'

const STARS = [1, 2, 3, 4, 5] as const

/** Up to five stars, the last of them in part; `label` says it to who does not see them. */
export function Stars({ stars, label, className }: { stars: number; label: string; className?: string }) {
  return (
    <span role="img" aria-label={label} className={cx('relative inline-flex w-fit', className ?? 'text-xl')}>
      <Row className="text-line-strong/45" />
      <span
        aria-hidden="true"
        className="absolute inset-y-0 left-0 overflow-hidden"
        style={{ width: `${String((Math.min(Math.max(stars, 0), 5) / 5) * 100)}%` }}
      >
        <Row className="fill-star text-star" />
      </span>
    </span>
  )
}

function Row({ className }: { className: string }) {
  return (
    <span aria-hidden="true" className="flex w-max">
      {STARS.map(one => (
        <Star key={one} className={cx('size-[1em] fill-current', className)} />
      ))}
    </span>
  )
}

/** How somebody was rated, in one line: a star, the average, of how many. */
export function RatingLine({ rating }: { rating: RatingSummary }) {
  if (rating.average === null) return <span className="text-ink-3">{p('rated.none')}</span>
  return (
    <span className="figures inline-flex items-center gap-1">
      <Star aria-hidden="true" className="size-4 fill-star text-star" />
      <span className="sr-only">{p('rated.average', { average: oneDecimal(rating.average) })}</span>
      <span aria-hidden="true" className="font-semibold text-ink">
        {oneDecimal(rating.average)}
      </span>
      <span className="text-ink-3">· {p('rated.count', { n: rating.count })}</span>
    </span>
  )
}
