import { queryOptions } from '@tanstack/react-query'
import type { OrderDispute } from '@/api/orders'
import { wire } from '@/api/wire'
import { m } from '@/strings/money'

export interface Evidence {
  id: string
  by: 'buyer' | 'seller' | 'staff'
  text: string
  media: { id: string; url: string }[]
  at: string
}
export interface Dispute extends OrderDispute {
  evidence: Evidence[]
}

/** The case of an order with all that was brought. */
export const disputeQuery = (orderId: string) =>
  queryOptions({
    queryKey: ['mine', 'order', orderId, 'dispute'],
    queryFn: async () =>
      (await wire.get('/v1/orders/{order_id}/dispute', { path: { order_id: orderId } })) as Dispute,
  })

export const addEvidence = (disputeId: string, body: { text: string; media_ids: string[] }, key: string) =>
  wire.post('/v1/disputes/{dispute_id}/evidence', { path: { dispute_id: disputeId }, body, key })

const REASONS: Record<string, string> = {
  not_received: m('dispute.notReceived'),
  not_as_described: m('dispute.notAsDescribed'),
  damaged: m('dispute.damaged'),
  wrong_item: m('dispute.wrongItem'),
  counterfeit: m('dispute.counterfeit'),
  other: m('dispute.other'),
}

export const reasonWords = (reason: string): string => REASONS[reason] ?? reason
