import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { personQuery } from '@/api/people'
import { Avatar, Skeleton } from './bits'
import { RatingLine } from './Rating'

/** Who sells it and how people rated them; leads to their page. */
export function SellerLine({ id, name }: { id: string; name: string }) {
  const { data, isError } = useQuery(personQuery(id))
  return (
    <Link
      to="/people/$userId"
      params={{ userId: id }}
      className="group flex items-center gap-3 rounded-2xl border border-line bg-raised p-3.5 transition hover:border-line-strong"
    >
      <Avatar name={name} className="size-11 text-sm!" />
      <span className="grid min-w-0 flex-1 gap-0.5 text-sm">
        <span className="truncate text-base font-semibold group-hover:text-accent">{name}</span>
        {data ? <RatingLine rating={data.rating} /> : !isError && <Skeleton className="h-5 w-32" />}
      </span>
      <ChevronRight
        aria-hidden="true"
        className="size-5 shrink-0 text-ink-3 transition group-hover:translate-x-0.5"
      />
    </Link>
  )
}
