import { waysOf, type Order, type OrderAction, type Party } from '@/api/orders'
import { m } from '@/strings/money'

/** Whose move it is, in words for the one who looks. */
export interface Next {
  isYours: boolean
  title: string
  lead: string
  /** Until when; null when there is no hurry. */
  by: string | null
  /** What happens when the time passes. */
  otherwise: string | null
}

const OVER = new Set<Order['status']>(['completed', 'refunded', 'cancelled'])

export const isOver = (order: Order): boolean => OVER.has(order.status)

/** What happens next, and who must act until when. Pure. */
export function nextOf(order: Order, party: Party): Next {
  const { who, by } = order.next
  const isYours = who === party
  const other = party === 'buyer' ? order.seller.display_name : order.buyer.display_name
  const say = (title: string, lead: string, otherwise: string | null = null): Next => ({
    isYours,
    title,
    lead,
    by,
    otherwise,
  })
  switch (order.status) {
    case 'pending_payment':
      return party === 'buyer'
        ? say(m('next.pay'), m('next.payLead'), m('next.payElse'))
        : say(m('next.waitPay', { name: other }), m('next.waitPayLead'), m('next.waitPayElse'))
    case 'in_escrow':
      return handingOver(order, party, other, say)
    case 'shipped':
      return party === 'buyer'
        ? say(m('next.confirm'), m('next.confirmLead'))
        : say(m('next.waitConfirm', { name: other }), m('next.waitConfirmLead'))
    case 'delivered':
      return party === 'buyer'
        ? say(m('next.check'), m('next.checkLead'), m('next.checkElse'))
        : say(m('next.waitCheck'), m('next.waitCheckLead', { name: other }))
    case 'disputed':
      return who === 'staff'
        ? say(m('next.staff'), m('next.staffLead'))
        : isYours
          ? say(m('next.respond'), m('next.respondLead'), m('next.respondElse'))
          : say(m('next.waitRespond', { name: other }), m('next.waitRespondLead'))
    case 'completed':
      return order.may.includes('rate')
        ? { ...say(m('next.rate', { name: other }), m('next.rateLead')), by: null }
        : { ...say(m('next.done'), m(party === 'buyer' ? 'next.doneBuyer' : 'next.doneSeller')), by: null }
    case 'refunded':
      return {
        ...say(m('next.refunded'), m(party === 'buyer' ? 'next.refundedBuyer' : 'next.refundedSeller')),
        by: null,
      }
    case 'cancelled':
      return { ...say(m('next.cancelled'), order.cancel_reason ?? m('next.cancelledLead')), by: null }
  }
}

type Say = (title: string, lead: string, otherwise?: string | null) => Next

/** Paid: it is sent, or handed over in person, or whichever they like. */
function handingOver(order: Order, party: Party, other: string, say: Say): Next {
  const meets = order.may.includes(party === 'seller' ? 'scan_code' : 'show_code')
  const isAgreed = order.meeting?.agreed === true
  const sends = waysOf(order).includes('shipping')
  if (party === 'seller') {
    if (meets && sends) return say(m('next.shipOrMeet'), m('next.shipOrMeetLead'))
    return meets
      ? say(
          m('next.meetSeller', { name: other }),
          m(isAgreed ? 'next.agreedSellerLead' : 'next.meetSellerLead'),
        )
      : say(m('next.ship'), m('next.shipLead'))
  }
  if (meets && sends) return say(m('next.waitShip', { name: other }), m('next.waitShipOrMeet'))
  return meets
    ? say(m('next.meetBuyer', { name: other }), m(isAgreed ? 'next.agreedBuyerLead' : 'next.meetBuyerLead'))
    : say(m('next.waitShip', { name: other }), m('next.waitShipLead'))
}

/** The one thing to offer first, of what the person may do. */
const FIRST: readonly OrderAction[] = ['pay', 'show_code', 'scan_code', 'ship', 'confirm_delivery', 'rate']

export function firstAction(order: Order, party: Party): OrderAction | null {
  const { action, who } = order.next
  if (action !== null && who === party && order.may.includes(action)) return action
  // While it is another's turn, or nobody's, nothing is pressed for.
  return FIRST.find(one => order.may.includes(one)) ?? null
}

/** Whether the order should stand out in a list: the person's move, and more than a rating. */
export const isUrgent = (order: Order, party: Party): boolean => order.next.who === party && !isOver(order)
