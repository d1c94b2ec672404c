import { queryOptions } from '@tanstack/react-query'
import { api } from './client'
import type { components } from './schema'
import type { Page } from './types'

type Schemas = components['schemas']

/** An order as the person may see it; amounts in minor units of `currency`. */
export type Order = Schemas['OrderView']
export type OrderStatus = Schemas['Status']
export type OrderAction = Schemas['Action']
export type Party = 'buyer' | 'seller'
export type Who = Schemas['Party']
export type TimelineEntry = Schemas['TimelineEntry']
export type Rating = Schemas['OrderRating']
export type OrderDispute = Schemas['OrderDispute']
export type Meeting = Schemas['OrderMeeting']
export type Paid = Schemas['OrderPaid']

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
    queryFn: async () => (await api.get('/v1/orders/{order_id}', { path: { order_id: id } })) as Order,
  })

/** Which of the two the person is. */
export const partyOf = (order: Order, userId: string): Party =>
  order.seller_id === userId ? 'seller' : 'buyer'

/** The ways of handing over that are still open; the one that was taken, once it is. */
export const waysOf = (order: Pick<Order, 'fulfilment' | 'fulfilment_options'>) =>
  order.fulfilment === null ? order.fulfilment_options : [order.fulfilment]

/** The person the order is with. */
export const counterparty = (order: Order, userId: string) =>
  partyOf(order, userId) === 'buyer' ? order.seller : order.buyer

/** Buy at the listing's price; the order waits for payment. */
export const makeOrder = (listingId: string, quantity: number, key: string) =>
  api.post('/v1/orders', { body: { listing_id: listingId, quantity }, key })

/** Pay out of the wallet, or start a payment by card, which ends at the provider's page. */
export const payOrder = (orderId: string, body: Schemas['PayOrder'], key: string) =>
  api.post('/v1/orders/{order_id}/pay', { path: { order_id: orderId }, body, key })
