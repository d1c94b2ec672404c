import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight, Scale } from 'lucide-react'
import { formatExact } from '@/shared/amounts'
import { formatDateTime } from '@/shared/dates'
import { s } from '@/strings/staff'
import { Badge, EmptyState, Picture, Skeleton } from '@/ui/bits'
import { Deadline } from '@/ui/Deadline'
import { Failure } from '@/ui/Failure'
import { casesQuery, type CaseLine } from './calls'
import { reasonWords } from './reasons'
import { StaffFrame } from './StaffFrame'

/** Disputes that wait for a decision, the oldest first. */
export function DisputesPage() {
  return (
    <StaffFrame title={s('disputes.title')}>
      <Queue />
    </StaffFrame>
  )
}

function Queue() {
  const { data, error, refetch } = useQuery(casesQuery)
  if (!data && error) return <Failure error={error} retry={() => void refetch()} />
  if (!data) {
    return (
      <div className="grid gap-3">
        {[0, 1, 2].map(index => (
          <Skeleton key={index} className="h-24 rounded-2xl" />
        ))}
      </div>
    )
  }
  if (data.items.length === 0) {
    return (
      <EmptyState icon={<Scale className="size-7" />} title={s('disputes.empty')}>
        {s('disputes.emptyLead')}
      </EmptyState>
    )
  }
  return (
    <ul className="grid grid-cols-1 gap-3">
      {data.items.map(one => (
        <Row key={one.id} one={one} />
      ))}
    </ul>
  )
}

function Row({ one }: { one: CaseLine }) {
  const amount = one.total ?? one.amount
  return (
    <li>
      <Link
        to="/staff/disputes/$disputeId"
        params={{ disputeId: one.id }}
        className="group grid grid-cols-[3.5rem_1fr_auto] items-center gap-4 rounded-2xl border border-line bg-raised p-3 transition hover:border-line-strong"
      >
        <Picture src={one.listing?.image_url} alt="" className="size-14 rounded-xl" />
        <div className="grid min-w-0 gap-0.5">
          <p className="truncate font-semibold group-hover:text-accent">
            {one.listing?.title ?? s('order.untitled')}
          </p>
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-ink-2">
            {reasonWords(one.reason)}
            <Badge tone={one.status === 'open' ? 'warn' : 'neutral'}>
              {s(one.status === 'open' ? 'disputes.open' : 'disputes.closed')}
            </Badge>
          </p>
          <p className="text-sm text-ink-3">
            {one.respond_by && one.status === 'open' ? (
              <>
                {s('disputes.respondBy')} <Deadline by={one.respond_by} over={s('deadline.over')} />
              </>
            ) : (
              formatDateTime(one.opened_at)
            )}
          </p>
        </div>
        <div className="flex items-center gap-3">
          {amount !== undefined && one.currency && (
            <span className="figures font-semibold max-sm:hidden">{formatExact(amount, one.currency)}</span>
          )}
          <ChevronRight aria-hidden="true" className="size-5 text-ink-3" />
        </div>
      </Link>
    </li>
  )
}
