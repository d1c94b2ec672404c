import { useInfiniteQuery } from '@tanstack/react-query'
import { Star } from 'lucide-react'
import { ratingsQuery, type PublicPerson, type RatingOfPerson, type RatingSummary } from '@/api/people'
import { formatDay } from '@/shared/dates'
import { barsOf, oneDecimal } from '@/shared/ratings'
import { p } from '@/strings/people'
import { Avatar, EmptyState, Skeleton } from '@/ui/bits'
import { Failure } from '@/ui/Failure'
import { Section } from '@/ui/Grid'
import { More } from '@/ui/More'
import { Stars } from '@/ui/Rating'

/** How the person was rated: in all, and one by one. */
export function Said({ person }: { person: PublicPerson }) {
  const { rating } = person
  const found = useInfiniteQuery({ ...ratingsQuery(person.id), enabled: rating.count > 0 })
  const all = found.data?.pages.flatMap(page => page.items) ?? []
  if (rating.average === null) {
    return (
      <Section title={p('person.ratings')}>
        <div className="rounded-3xl border border-dashed border-line-strong/50">
          <EmptyState icon={<Star className="size-7" />} title={p('person.empty')}>
            {p('person.emptyLead')}
          </EmptyState>
        </div>
      </Section>
    )
  }
  return (
    <Section title={p('person.ratings')}>
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[20rem_minmax(0,1fr)] lg:gap-10">
        <InAll rating={rating} average={rating.average} />
        <div className="grid grid-cols-1 gap-4">
          {found.isPending && <Skeleton className="h-64 rounded-3xl" />}
          {found.isError && <Failure error={found.error} retry={() => void found.refetch()} />}
          {all.length > 0 && (
            <ul className="grid grid-cols-1 gap-3">
              {all.map(one => (
                <Word key={one.id} one={one} />
              ))}
            </ul>
          )}
          <More found={found} />
        </div>
      </div>
    </Section>
  )
}

function InAll({ rating, average }: { rating: RatingSummary; average: number }) {
  return (
    <div className="grid gap-5 rounded-3xl border border-line bg-raised p-6 lg:sticky lg:top-24">
      <div className="flex items-center gap-4">
        <span
          aria-hidden="true"
          className="figures font-display text-6xl leading-none font-bold tracking-tight"
        >
          {oneDecimal(average)}
        </span>
        <span className="grid gap-1">
          <Stars stars={average} label={p('rated.average', { average: oneDecimal(average) })} />
          <span className="text-sm text-ink-3">{p('rated.count', { n: rating.count })}</span>
        </span>
      </div>
      <ul className="grid gap-2">
        {barsOf(rating.by_stars).map(({ stars, given, part }) => (
          <li key={stars} className="grid grid-cols-[1.75rem_1fr_2rem] items-center gap-2 text-sm">
            <span className="sr-only">{p('rated.bar', { stars, n: given })}</span>
            <span aria-hidden="true" className="figures flex items-center gap-1 text-ink-2">
              {stars}
              <Star className="size-3 fill-star text-star" />
            </span>
            <span aria-hidden="true" className="h-2 overflow-hidden rounded-full bg-sunken">
              <span
                className="block h-full rounded-full bg-star"
                style={{ width: `${String(part * 100)}%` }}
              />
            </span>
            <span aria-hidden="true" className="figures text-right text-ink-3">
              {given}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Word({ one }: { one: RatingOfPerson }) {
  return (
    <li className="grid animate-rise grid-cols-1 gap-3 rounded-3xl border border-line bg-raised p-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Avatar name={one.by} />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-semibold">{one.by}</span>
          <span className="block truncate text-sm text-ink-3">
            {p(one.as_a === 'seller' ? 'person.bought' : 'person.sold', { title: one.listing_title })}
          </span>
        </span>
        <Stars stars={one.stars} label={p('rated.stars', { n: one.stars })} className="text-base" />
      </div>
      {one.comment && <p className="max-w-prose whitespace-pre-line text-ink-2">{one.comment}</p>}
      <time dateTime={one.at} className="text-sm text-ink-3">
        {formatDay(one.at)}
      </time>
    </li>
  )
}
