import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight, Scale } from 'lucide-react'
import { formatExact } from '@/shared/amounts'
import { formatDateTime } from '@/shared/dates'
import { s } from '@/strings/staff'
import { Badge, EmptyState, Skeleton } from '@/ui/bits'
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
  const isOpen = one.status === 'open'
  return (
    <li>
      <Link
        to="/staff/disputes/$disputeId"
        params={{ disputeId: one.id }}
        className="group flex items-center gap-4 rounded-2xl border border-line bg-raised p-4 transition hover:border-line-strong sm:px-5"
      >
        <div className="grid min-w-0 flex-1 gap-1">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Badge tone={isOpen ? (one.answered_at || one.overdue ? 'warn' : 'neutral') : 'good'}>
              {s(
                !isOpen
                  ? 'disputes.closed'
                  : one.answered_at
                    ? 'disputes.answered'
                    : one.overdue
                      ? 'disputes.overdue'
                      : 'disputes.waiting',
              )}
            </Badge>
            <span className="text-sm text-ink-2">{reasonWords(one.reason)}</span>
          </p>
          <p className="line-clamp-2 leading-snug font-semibold group-hover:text-accent">
            {one.listing.title}
          </p>
          <p className="text-sm text-ink-3">
            {s('case.parties', { buyer: one.buyer.display_name, seller: one.seller.display_name })}
          </p>
          <p className="text-sm text-ink-3">
            {isOpen && one.respond_by && !one.answered_at ? (
              <>
                {s('disputes.respondBy')} <Deadline by={one.respond_by} over={s('deadline.over')} />
              </>
            ) : (
              s('case.opened', { at: formatDateTime(one.opened_at) })
            )}
          </p>
        </div>
        <span className="figures font-semibold">{formatExact(one.total, one.currency)}</span>
        <ChevronRight aria-hidden="true" className="size-5 shrink-0 text-ink-3" />
      </Link>
    </li>
  )
}
