import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { formatDateTime } from '@/shared/dates'
import { s } from '@/strings/staff'
import { Badge, EmptyState, Picture, Skeleton } from '@/ui/bits'
import { Card } from '@/ui/Card'
import { Deadline } from '@/ui/Deadline'
import { Failure } from '@/ui/Failure'
import { MoneyLines } from '@/ui/MoneyLines'
import { buyersLines } from './buyersLines'
import { caseQuery, type Case, type CaseEvidence } from './calls'
import { reasonWords } from './reasons'
import { Resolve } from './Resolve'
import { StaffFrame } from './StaffFrame'

/** One dispute: both sides' words and pictures, the money, and the decision. */
export function CasePage() {
  const { disputeId } = useParams({ from: '/staff/disputes/$disputeId' })
  return (
    <StaffFrame title={s('case.title')}>
      <Link
        to="/staff"
        className="-mt-3 inline-flex w-fit items-center gap-1.5 text-sm font-semibold text-ink-2 hover:text-ink"
      >
        <ArrowLeft aria-hidden="true" className="size-4" />
        {s('case.all')}
      </Link>
      <One key={disputeId} id={disputeId} />
    </StaffFrame>
  )
}

function One({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(caseQuery(id))
  if (!data && error) return <Failure error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton className="h-96 rounded-3xl" />
  return (
    <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,1.3fr)_minmax(0,1fr)] lg:gap-8">
      <div className="grid grid-cols-1 gap-6">
        <Claim one={data} />
        <Brought one={data} />
      </div>
      <div className="grid grid-cols-1 gap-6 lg:sticky lg:top-24">
        <Money one={data} />
        {data.status === 'open' ? <Resolve one={data} /> : <Decided one={data} />}
      </div>
    </div>
  )
}

function Claim({ one }: { one: Case }) {
  const { order } = one
  return (
    <Card>
      <div className="flex items-center gap-4">
        <Picture src={order.listing.image_url} alt="" className="size-20 shrink-0 rounded-2xl" />
        <div className="grid min-w-0 gap-1">
          <span>
            <Badge tone={one.status === 'open' ? 'warn' : 'neutral'}>
              {s(one.status === 'open' ? 'disputes.open' : 'disputes.closed')}
            </Badge>
          </span>
          <p className="text-lg font-bold">{order.listing.title}</p>
          <p className="text-sm text-ink-2">
            {s('case.parties', { buyer: order.buyer.display_name, seller: order.seller.display_name })}
          </p>
        </div>
      </div>
      <div className="grid gap-1 border-t border-line pt-4">
        <p className="font-semibold">{reasonWords(one.reason)}</p>
        <p className="whitespace-pre-line text-ink-2">{one.details}</p>
        <p className="text-sm text-ink-3">{s('case.opened', { at: formatDateTime(one.opened_at) })}</p>
        {one.status === 'open' && one.respond_by && (
          <p className="text-sm text-ink-3">
            {s('disputes.respondBy')} <Deadline by={one.respond_by} over={s('deadline.over')} />
          </p>
        )}
      </div>
    </Card>
  )
}

function Brought({ one }: { one: Case }) {
  if (one.evidence.length === 0)
    return <EmptyState title={s('case.nothing')}>{s('case.nothingLead')}</EmptyState>
  return (
    <Card title={s('case.evidence')}>
      <ul className="grid grid-cols-1 gap-3">
        {one.evidence.map(piece => (
          <Piece key={piece.id} piece={piece} one={one} />
        ))}
      </ul>
    </Card>
  )
}

function Piece({ piece, one }: { piece: CaseEvidence; one: Case }) {
  const who =
    piece.by === 'staff'
      ? s('case.staff')
      : s(piece.by === 'buyer' ? 'case.buyer' : 'case.seller', { name: one.order[piece.by].display_name })
  return (
    <li className="grid gap-2 rounded-2xl bg-sunken p-4">
      <p className="flex flex-wrap justify-between gap-x-4 text-sm">
        <span className="font-semibold">{who}</span>
        <time dateTime={piece.at} className="text-ink-3">
          {formatDateTime(piece.at)}
        </time>
      </p>
      {piece.text && <p className="whitespace-pre-line text-ink-2">{piece.text}</p>}
      {piece.media.length > 0 && (
        <div className="grid grid-cols-3 gap-2 sm:grid-cols-4">
          {piece.media.map((medium, index) => (
            <a key={medium.id} href={medium.url} target="_blank" rel="noreferrer">
              <Picture
                src={medium.url}
                alt={s('case.picture', { n: index + 1, who })}
                className="aspect-square rounded-xl"
              />
            </a>
          ))}
        </div>
      )}
    </li>
  )
}

function Money({ one }: { one: Case }) {
  const { order } = one
  return (
    <Card title={s('case.money')}>
      <MoneyLines currency={order.currency} lines={buyersLines(order)} />
      <p className="font-mono text-xs break-all text-ink-3 select-all">{order.id}</p>
    </Card>
  )
}

const ENDED = {
  open: 'case.decided',
  resolved: 'case.decided',
  withdrawn: 'case.withdrawn',
  charged_back: 'case.chargedBack',
} as const

function Decided({ one }: { one: Case }) {
  return (
    <Card title={s(ENDED[one.status])}>
      <MoneyLines
        currency={one.order.currency}
        lines={[{ name: s('outcome.buyer'), amount: one.refund_amount ?? 0 }]}
      />
      {one.note && <p className="whitespace-pre-line text-ink-2">{one.note}</p>}
    </Card>
  )
}
