import { Link } from '@tanstack/react-router'
import { Handshake, MapPin } from 'lucide-react'
import type { Meeting, Order, Party } from '@/api/orders'
import { useMoneyMove } from '@/api/useMoneyMove'
import { formatDateTime } from '@/shared/dates'
import { m } from '@/strings/money'
import { Notice } from '@/ui/bits'
import { Button, buttonClass } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { wordsFor } from '@/ui/Failure'
import { toast } from '@/ui/toasts'
import { proposeMeeting } from './zones'

/** Where and when the two meet: one proposes, and the other agrees or proposes something else. */
export function MeetingCard({ order, meeting, party }: { order: Order; meeting: Meeting; party: Party }) {
  const other = party === 'buyer' ? order.seller.display_name : order.buyer.display_name
  const isMine = meeting.proposed_by === party
  const may = order.may.includes('choose_place')
  // Proposing the same is what agrees.
  const agreeing = useMoneyMove<undefined, unknown>(
    () => proposeMeeting(order.id, { safe_zone_id: meeting.safe_zone.id, at: meeting.at }),
    () => toast(m('done.agreed'), 'good'),
  )
  return (
    <Card title={m('meeting.title')}>
      <div className="flex items-start gap-4">
        <span className="grid size-11 shrink-0 place-items-center rounded-full bg-good-soft text-good">
          <MapPin aria-hidden="true" className="size-5" />
        </span>
        <div className="min-w-0">
          <p className="font-semibold">{meeting.safe_zone.name}</p>
          <p className="text-sm text-ink-2">{meeting.safe_zone.address}</p>
          <p className="mt-1 font-medium">{formatDateTime(meeting.at)}</p>
          <p className="text-sm text-ink-3">
            {meeting.agreed
              ? m('meeting.agreed')
              : isMine
                ? m('meeting.byYou')
                : m('meeting.byOther', { name: other })}
          </p>
        </div>
      </div>
      {agreeing.isError && <Notice tone="bad">{wordsFor(agreeing.error)}</Notice>}
      {may && (
        <div className="flex flex-wrap gap-2">
          {!meeting.agreed && !isMine && (
            <Button size="small" busy={agreeing.isPending} onClick={() => agreeing.mutate(undefined)}>
              <Handshake aria-hidden="true" className="size-4" />
              {m('meeting.accept')}
            </Button>
          )}
          <Link
            to="/orders/$orderId/meet"
            params={{ orderId: order.id }}
            hash="places"
            className={buttonClass('plain', 'small')}
          >
            {m('act.changePlace')}
          </Link>
        </div>
      )}
    </Card>
  )
}
