import type { Order, Party, TimelineEntry } from '@/api/orders'
import { formatExact } from '@/shared/amounts'
import { formatDateTime } from '@/shared/dates'
import { m } from '@/strings/money'

export interface Step {
  words: string
  /** When it happened; null for what is still to come. */
  at: string | null
  note: string | null
}

/** Kinds whose note is words of a person; the others' are the machine's own. */
const FOR_PEOPLE = new Set([
  'cancelled',
  'refunded',
  'partly_refunded',
  'dispute_released',
  'dispute_refunded',
  'meeting_proposed',
  'meeting_agreed',
])

/** A moment as the server writes it. */
const INSTANT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

const forPeople = (note: string | null) => note && note.replace(INSTANT, formatDateTime)

/** What has happened, oldest first, and what is still to come; nothing of that for staff (no `party`). Pure. */
export function stepsOf(order: Order, party: Party | null): Step[] {
  const past = order.timeline.map(entry => ({
    words: happened(entry, order, party),
    at: entry.at,
    note: FOR_PEOPLE.has(entry.kind) ? forPeople(entry.note) : null,
  }))
  const still = party === null ? [] : ahead(order, party)
  return [...past, ...still.map(words => ({ words, at: null, note: null }))]
}

/** Who it was, for the one who looks. */
function name(by: TimelineEntry['by'], order: Order, party: Party | null): string {
  if (by === party) return m('by.you')
  if (by === 'buyer') return order.buyer.display_name
  if (by === 'seller') return order.seller.display_name
  return by === 'staff' ? m('by.staff') : m('by.system')
}

function happened(entry: TimelineEntry, order: Order, party: Party | null): string {
  const who = name(entry.by, order, party)
  const amount = formatExact(entry.amount ?? order.total, order.currency)
  switch (entry.kind) {
    case 'ordered':
      return m(order.auction_id === null ? 'past.bought' : 'past.created')
    case 'paid':
      return m('past.paid', { amount })
    case 'payment_returned':
      return m('past.paymentReturned', { amount })
    case 'bank_dispute_opened':
      return m('past.bankDispute')
    case 'meeting_proposed':
      return m('past.meeting', { who })
    case 'meeting_agreed':
      return m('past.meetingAgreed')
    case 'shipped':
      return order.shipment
        ? m('past.shippedBy', { who, carrier: order.shipment.carrier })
        : m('past.shipped', { who })
    case 'delivered':
      return m('past.delivered')
    case 'handed_over':
      return m('past.handedOver')
    case 'dispute_opened':
      return m('past.disputed', { who })
    case 'dispute_answered':
    case 'evidence_added':
      return m('past.evidence', { who })
    case 'dispute_withdrawn':
      return m('past.withdrawn', { who })
    case 'dispute_released':
      return m('past.decidedRelease')
    case 'dispute_refunded':
      return m('past.decidedRefund', { amount })
    case 'completed':
      return m('past.completed')
    case 'refunded':
    case 'partly_refunded':
      return m('past.refunded', { amount })
    case 'rated':
      return m('past.rated', { who })
    case 'cancelled':
      return m('past.cancelled', { who })
    case 'not_paid':
      return m('past.notPaid')
    case 'charged_back':
      return m('past.chargedBack', { amount })
    case 'dispute_charged_back':
      return m('past.disputeChargedBack')
    case 'deposit_forfeited':
      return m('past.forfeited', { amount })
    default:
      // A kind this client does not know yet still stands, with the server's own word.
      return entry.kind.charAt(0).toUpperCase() + entry.kind.slice(1).replaceAll('_', ' ')
  }
}

/** What still has to happen until the seller has the money. */
function ahead(order: Order, party: Party): string[] {
  const isBuyer = party === 'buyer'
  const pay = m(isBuyer ? 'ahead.payBuyer' : 'ahead.paySeller')
  const way = order.fulfilment ?? (order.fulfilment_options.length === 1 ? order.fulfilment_options[0] : null)
  const handOver =
    way === null
      ? [m('ahead.either')]
      : way === 'meetup'
        ? [m('ahead.meet')]
        : [
            m(isBuyer ? 'ahead.shipBuyer' : 'ahead.shipSeller'),
            m(isBuyer ? 'ahead.confirmBuyer' : 'ahead.confirmSeller'),
          ]
  const release = m(isBuyer ? 'ahead.releaseBuyer' : 'ahead.releaseSeller')
  switch (order.status) {
    case 'pending_payment':
      return [pay, ...handOver, release]
    case 'in_escrow':
      return [...handOver, release]
    case 'shipped':
      return [...handOver.slice(-1), release]
    case 'delivered':
      return [release]
    case 'disputed':
      return [m('ahead.decision')]
    default:
      return []
  }
}
