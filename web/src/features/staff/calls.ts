import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Order } from '@/api/orders'
import type { Page } from '@/api/types'
import { wire } from '@/api/wire'

// Kept under one name, so that whatever staff do brings all of it up to date.
const STAFF = 'staff'
const SHOWN = 50

export interface CaseLine {
  id: string
  order_id: string
  status: string
  reason: string
  opened_at: string
  respond_by: string | null
  refund_amount?: number | null
  amount?: number
  total?: number
  currency?: string
  listing?: { title: string; image_url: string | null } | null
}
export interface CaseEvidence {
  id: string
  by: 'buyer' | 'seller' | 'staff'
  text: string
  media: { id: string; url: string }[]
  at: string
}
export interface Case extends CaseLine {
  details: string
  note: string | null
  order: Order
  evidence: CaseEvidence[]
}

export const casesQuery = queryOptions({
  queryKey: [STAFF, 'disputes'],
  queryFn: async () => (await wire.get('/v1/admin/disputes', { query: { limit: SHOWN } })) as Page<CaseLine>,
})

export const caseQuery = (id: string) =>
  queryOptions({
    queryKey: [STAFF, 'dispute', id],
    queryFn: async () =>
      (await wire.get('/v1/admin/disputes/{dispute_id}', { path: { dispute_id: id } })) as Case,
  })

export const resolveCase = (id: string, body: { refund_amount: number; note: string }, key: string) =>
  wire.post('/v1/admin/disputes/{dispute_id}/resolve', { path: { dispute_id: id }, body, key })

export interface Payment {
  id: string
  order_id: string | null
  kind?: string
  method: string
  provider: string | null
  status: string
  amount: number
  refunded_amount?: number
  currency: string
  created_at: string
  failure?: string | null
}

export const paymentsQuery = (status: string) =>
  infiniteQueryOptions({
    queryKey: [STAFF, 'payments', status],
    queryFn: async ({ pageParam }) =>
      (await wire.get('/v1/admin/payments', {
        query: { status: status || undefined, limit: SHOWN, cursor: pageParam },
      })) as Page<Payment>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })

export const refundOrder = (orderId: string, body: { amount: number; reason: string }, key: string) =>
  wire.post('/v1/orders/{order_id}/refund', { path: { order_id: orderId }, body, key })

export interface Report {
  id: string
  provider: string
  day: string
  status: string
  difference_count?: number
  checked_count?: number
  created_at: string
}
export interface Difference {
  id?: string
  kind: string
  reference: string
  ours: number | null
  theirs: number | null
  currency: string
  note?: string | null
}
export interface FullReport extends Report {
  differences: Difference[]
}

export const reportsQuery = queryOptions({
  queryKey: [STAFF, 'reconciliations'],
  queryFn: async () =>
    (await wire.get('/v1/admin/reconciliations', { query: { limit: SHOWN } })) as Page<Report>,
})

export const reportQuery = (id: string) =>
  queryOptions({
    queryKey: [STAFF, 'reconciliation', id],
    queryFn: async () =>
      (await wire.get('/v1/admin/reconciliations/{reconciliation_id}', {
        path: { reconciliation_id: id },
      })) as FullReport,
  })

export const runReconciliation = (key: string) => wire.post('/v1/admin/reconciliations', { body: {}, key })

export interface LedgerAccount {
  id: string
  kind: string
  owner_id: string
  currency: string
  balance: number
}
export interface LedgerEntry {
  id: string
  at: string
  kind: string
  amount: number
  balance_after: number
  seq: number
  transfer_id: string
  subject_id: string | null
}
export interface LedgerTransfer {
  id: string
  key: string
  kind: string
  at: string
  subject_id: string | null
  legs: { account: LedgerAccount; amount: number }[]
}

export const accountsQuery = (ownerId: string) =>
  queryOptions({
    queryKey: [STAFF, 'accounts', ownerId],
    queryFn: async () =>
      (await wire.get('/v1/admin/ledger/accounts', {
        query: { owner_id: ownerId, limit: SHOWN },
      })) as Page<LedgerAccount>,
  })

export const accountEntriesQuery = (accountId: string) =>
  infiniteQueryOptions({
    queryKey: [STAFF, 'account', accountId],
    queryFn: async ({ pageParam }) =>
      (await wire.get('/v1/admin/ledger/accounts/{account_id}/entries', {
        path: { account_id: accountId },
        query: { limit: SHOWN, cursor: pageParam },
      })) as Page<LedgerEntry>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })

export const transferQuery = (id: string) =>
  queryOptions({
    queryKey: [STAFF, 'transfer', id],
    queryFn: async () =>
      (await wire.get('/v1/admin/ledger/transfers/{transfer_id}', {
        path: { transfer_id: id },
      })) as LedgerTransfer,
    retry: false,
  })
