import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { BadgeCheck } from 'lucide-react'
import { personQuery, type PublicPerson } from '@/api/people'
import { useUser } from '@/api/useSession'
import { formatDay } from '@/shared/dates'
import { useTitle } from '@/shared/title'
import { p } from '@/strings/people'
import { Avatar, Badge, Notice, Skeleton } from '@/ui/bits'
import { Failure } from '@/ui/Failure'
import { Grid, GridSkeleton, PageFrame, Section } from '@/ui/Grid'
import { ListingCard } from '@/ui/ListingCard'
import { More } from '@/ui/More'
import { RatingLine } from '@/ui/Rating'
import { listingsOfQuery } from './calls'
import { Said } from './Said'

/** A person as everybody sees it: since when, how rated, what it sells. */
export function PersonPage() {
  const { userId } = useParams({ from: '/people/$userId' })
  const { data: person, error, refetch } = useQuery(personQuery(userId))
  const user = useUser()
  useTitle(person?.display_name)
  if (!person && error) return <Failure error={error} retry={() => void refetch()} />
  return (
    <PageFrame>
      {person ? (
        <>
          <div className="grid gap-5">
            {user?.id === person.id && <Notice tone="neutral">{p('person.you')}</Notice>}
            <Head person={person} />
          </div>
          <Said key={person.id} person={person} />
          <Selling key={`${person.id}-selling`} person={person} />
        </>
      ) : (
        <PersonSkeleton />
      )}
    </PageFrame>
  )
}

function Head({ person }: { person: PublicPerson }) {
  const { email, phone } = person.verified
  return (
    <div className="flex items-center gap-5 sm:gap-7">
      <Avatar name={person.display_name} className="size-20 text-2xl! sm:size-28 sm:text-4xl!" />
      <div className="grid min-w-0 gap-2">
        <h1 className="text-3xl font-extrabold wrap-anywhere sm:text-5xl">{person.display_name}</h1>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-ink-2">
          <RatingLine rating={person.rating} />
          <span>{p('person.since', { day: formatDay(person.member_since) })}</span>
        </p>
        {(email || phone) && (
          <p className="flex flex-wrap gap-2">
            {email && <Verified words={p('person.email')} />}
            {phone && <Verified words={p('person.phone')} />}
          </p>
        )}
      </div>
    </div>
  )
}

function Verified({ words }: { words: string }) {
  return (
    <Badge tone="good">
      <BadgeCheck aria-hidden="true" className="size-3.5" />
      {words}
    </Badge>
  )
}

function Selling({ person }: { person: PublicPerson }) {
  const found = useInfiniteQuery(listingsOfQuery(person.id))
  const listings = found.data?.pages.flatMap(page => page.items) ?? []
  return (
    <Section title={p('person.selling')}>
      {found.isPending && <GridSkeleton cards={4} />}
      {found.isError && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && listings.length === 0 && (
        <p className="rounded-3xl bg-sunken p-6 text-ink-2">
          {p('person.nothing', { name: person.display_name })}
        </p>
      )}
      {listings.length > 0 && (
        <Grid>
          {listings.map(listing => (
            <ListingCard key={listing.id} listing={listing} />
          ))}
        </Grid>
      )}
      <More found={found} />
    </Section>
  )
}

function PersonSkeleton() {
  return (
    <div className="grid min-h-dvh content-start gap-10">
      <div className="flex items-center gap-5 sm:gap-7">
        <Skeleton className="size-20 rounded-full sm:size-28" />
        <div className="grid flex-1 gap-3">
          <Skeleton className="h-10 w-2/3 max-w-80" />
          <Skeleton className="h-5 w-1/2 max-w-60" />
        </div>
      </div>
      <Skeleton className="h-56 rounded-3xl" />
      <GridSkeleton cards={4} />
    </div>
  )
}
