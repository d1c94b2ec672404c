import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { Order, OrderStatus } from '@/api/orders'
import type { components } from '@/api/schema'
import type { Page } from '@/api/types'

type Schemas = components['schemas']
export type CaseLine = Schemas['DisputeLine']
export type Case = Schemas['StaffDisputeView']
export type CaseEvidence = Schemas['EvidenceView']
export type Payment = Schemas['StaffPayment']
export type Webhook = Schemas['StaffWebhook']
export type Mail = Schemas['OutgoingMail']
export type Run = Schemas['RunView']
export type Difference = Schemas['DifferenceView']
export type LedgerAccount = Schemas['LedgerAccount']
export type LedgerEntry = Schemas['LedgerEntry']
export type LedgerTransfer = Schemas['LedgerTransfer']

// Kept under one name, so that whatever staff do brings all of it up to date.
const STAFF = 'staff'
const SHOWN = 50
const PAGE = 25
export const PAYMENT_STATES = ['pending', 'succeeded', 'failed', 'cancelled', 'returned'] as const
export type PaymentState = (typeof PAYMENT_STATES)[number]
export const WEBHOOK_STATES = ['received', 'waiting', 'applied', 'ignored', 'flagged'] as const
export type WebhookState = (typeof WEBHOOK_STATES)[number]
export const MAIL_STATES = ['failed', 'queued', 'sent'] as const
export type MailState = (typeof MAIL_STATES)[number]

export const casesQuery = queryOptions({
  queryKey: [STAFF, 'disputes'],
  queryFn: async () => (await api.get('/v1/admin/disputes', { query: { limit: SHOWN } })) as Page<CaseLine>,
})

export const caseQuery = (id: string) =>
  queryOptions({
    queryKey: [STAFF, 'dispute', id],
    queryFn: () => api.get('/v1/admin/disputes/{dispute_id}', { path: { dispute_id: id } }),
  })

export const resolveCase = (id: string, body: Schemas['ResolveDispute'], key: string) =>
  api.post('/v1/admin/disputes/{dispute_id}/resolve', { path: { dispute_id: id }, body, key })

export interface OrdersWanted {
  find: string
  status: OrderStatus | null
}

export const staffOrdersQuery = ({ find, status }: OrdersWanted) =>
  infiniteQueryOptions({
    queryKey: [STAFF, 'orders', find, status],
    queryFn: async ({ pageParam }) =>
      (await api.get('/v1/admin/orders', {
        query: { find: find || null, status, limit: PAGE, cursor: pageParam },
      })) as unknown as Page<Order>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })

export const staffOrderQuery = (id: string) =>
  queryOptions({
    queryKey: [STAFF, 'order', id],
    queryFn: async () => (await api.get('/v1/orders/{order_id}', { path: { order_id: id } })) as Order,
  })

export const paymentsOfOrderQuery = (orderId: string) =>
  queryOptions({
    queryKey: [STAFF, 'payments of', orderId],
    queryFn: async () =>
      (await api.get('/v1/admin/payments', {
        query: { order_id: orderId, limit: SHOWN },
      })) as Page<Payment>,
  })

export const webhooksQuery = (status: WebhookState | null) =>
  infiniteQueryOptions({
    queryKey: [STAFF, 'webhooks', status],
    queryFn: async ({ pageParam }) =>
      (await api.get('/v1/admin/webhooks', {
        query: { status, limit: PAGE, cursor: pageParam },
      })) as Page<Webhook>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })

export const replayWebhook = (id: string) =>
  api.post('/v1/admin/webhooks/{event_id}/replay', { path: { event_id: id } })

export const mailsQuery = (status: MailState | null) =>
  infiniteQueryOptions({
    queryKey: [STAFF, 'mails', status],
    queryFn: async ({ pageParam }) =>
      (await api.get('/v1/admin/mails', {
        query: { status, limit: PAGE, cursor: pageParam },
      })) as Page<Mail>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })

export const replayMail = (id: string, key: string) =>
  api.post('/v1/admin/mails/{mail_id}/replay', { path: { mail_id: id }, key })

export const paymentsQuery = (status: PaymentState | null) =>
  infiniteQueryOptions({
    queryKey: [STAFF, 'payments', status],
    queryFn: async ({ pageParam }) =>
      (await api.get('/v1/admin/payments', {
        query: { status, limit: SHOWN, cursor: pageParam },
      })) as Page<Payment>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })

export const refundOrder = (orderId: string, body: Schemas['RefundOrder'], key: string) =>
  api.post('/v1/orders/{order_id}/refund', { path: { order_id: orderId }, body, key })

export const runsQuery = queryOptions({
  queryKey: [STAFF, 'reconciliations'],
  queryFn: async () => (await api.get('/v1/admin/reconciliations', { query: { limit: SHOWN } })) as Page<Run>,
})

export const reportQuery = (id: string) =>
  queryOptions({
    queryKey: [STAFF, 'reconciliation', id],
    queryFn: () => api.get('/v1/admin/reconciliations/{run_id}', { path: { run_id: id } }),
  })

export const runNow = (provider: Schemas['RunNow']['provider'], key: string) =>
  api.post('/v1/admin/reconciliations', { body: { provider }, key })

export const accountsQuery = (ownerId: string) =>
  queryOptions({
    queryKey: [STAFF, 'accounts', ownerId],
    queryFn: async () =>
      (await api.get('/v1/admin/ledger/accounts', {
        query: { owner_id: ownerId, limit: SHOWN },
      })) as Page<LedgerAccount>,
  })

export const accountEntriesQuery = (accountId: string) =>
  infiniteQueryOptions({
    queryKey: [STAFF, 'account', accountId],
    queryFn: async ({ pageParam }) =>
      (await api.get('/v1/admin/ledger/accounts/{account_id}/entries', {
        path: { account_id: accountId },
        query: { limit: SHOWN, cursor: pageParam },
      })) as Page<LedgerEntry>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })

export const transferQuery = (id: string) =>
  queryOptions({
    queryKey: [STAFF, 'transfer', id],
    queryFn: () => api.get('/v1/admin/ledger/transfers/{transfer_id}', { path: { transfer_id: id } }),
    retry: false,
  })
