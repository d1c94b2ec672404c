import { queryOptions } from '@tanstack/react-query'
import { api } from './client'
import type { Page } from './types'
import { wire } from './wire'

export type OrderStatus =
  | 'pending_payment'
  | 'in_escrow'
  | 'shipped'
  | 'delivered'
  | 'completed'
  | 'disputed'
  | 'refunded'
  | 'cancelled'
export type OrderAction =
  | 'pay'
  | 'cancel'
  | 'ship'
  | 'confirm_delivery'
  | 'show_code'
  | 'scan_code'
  | 'choose_place'
  | 'dispute'
  | 'respond'
  | 'refund'
  | 'rate'
  | 'resolve'
export type Party = 'buyer' | 'seller'
export type Who = Party | 'staff' | 'system'

export interface TimelineEntry {
  kind: string
  at: string
  by: Who
  amount?: number | null
  note?: string | null
}
export interface Rating {
  stars: number
  comment: string
  at?: string
}
export interface OrderDispute {
  id: string
  status: string
  reason: string
  details: string
  opened_at: string
  respond_by: string | null
  refund_amount: number | null
  note: string | null
}
export interface Meeting {
  safe_zone: { id: string; name: string; address: string; lat: number; lng: number }
  at: string
  proposed_by: Party
  agreed: boolean
}

/** An order as the person may see it; amounts in minor units of `currency`. */
export interface Order {
  id: string
  listing_id: string
  auction_id: string | null
  buyer_id: string
  seller_id: string
  quantity: number
  amount: number
  fees: { commission: number; escrow_fee: number; buyer_premium: number }
  tax: number
  total: number
  seller_receives: number
  refunded_amount: number
  currency: string
  status: OrderStatus
  fulfilment: 'shipping' | 'meetup' | null
  fulfilment_options: ('shipping' | 'meetup')[]
  pay_by: string
  escrow_release_at: string | null
  created_at: string
  listing: { title: string; image_url: string | null } | null
  buyer: { id: string; display_name: string }
  seller: { id: string; display_name: string }
  payment: { method: string; status: string; provider: string | null; paid_at: string | null } | null
  shipment: { carrier: string; tracking: string | null; shipped_at: string; deliver_by: string | null } | null
  delivered_at: string | null
  completed_at: string | null
  cancelled_at: string | null
  cancel_reason: string | null
  dispute: OrderDispute | null
  rating: { mine: Rating | null; theirs: Rating | null }
  meeting: Meeting | null
  invoice_number: string | null
  timeline: TimelineEntry[]
  next: { who: Party | 'staff' | 'nobody'; action: string | null; by: string | null }
  may: OrderAction[]
}

const SHOWN = 50

/** The newest orders of the person as buyer or seller. Moved by the person's channel. */
export const ordersQuery = (role: Party) =>
  queryOptions({
    queryKey: ['mine', 'orders', role],
    queryFn: async () =>
      (await api.get('/v1/orders', { query: { role, limit: SHOWN } })) as unknown as Page<Order>,
  })

export const orderKey = (id: string) => ['mine', 'order', id] as const

/** One order of the person's. Moved by the person's channel. */
export const orderQuery = (id: string) =>
  queryOptions({
    queryKey: orderKey(id),
    queryFn: async () =>
      (await api.get('/v1/orders/{order_id}', { path: { order_id: id } })) as unknown as Order,
  })

/** Which of the two the person is. */
export const partyOf = (order: Order, userId: string): Party =>
  order.seller_id === userId ? 'seller' : 'buyer'

/** The person the order is with. */
export const counterparty = (order: Order, userId: string) =>
  partyOf(order, userId) === 'buyer' ? order.seller : order.buyer

/** Buy at the listing's price; the order waits for payment. */
export const makeOrder = async (listingId: string, quantity: number, key: string) =>
  (await wire.post('/v1/orders', { body: { listing_id: listingId, quantity }, key })) as Order

export interface Paid {
  order: Order
  checkout_url?: string | null
  client_secret?: string | null
}

/** Pay out of the wallet, or start a payment by card, which ends at the provider's page. */
export const payOrder = async (
  orderId: string,
  body: { method: 'wallet' } | { method: 'card'; return_url: string },
  key: string,
) => (await wire.post('/v1/orders/{order_id}/pay', { path: { order_id: orderId }, body, key })) as Paid

/** What is done to an order by one call that answers with the order. */
export const moveOrder = async (
  orderId: string,
  step: 'ship' | 'confirm-delivery' | 'cancel' | 'refund' | 'dispute' | 'rating' | 'verify',
  body: Record<string, unknown> | undefined,
  key: string,
) => await wire.post(`/v1/orders/{order_id}/${step}`, { path: { order_id: orderId }, body, key })
