import { queryOptions } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { components } from '@/api/schema'
import { m } from '@/strings/money'

type Schemas = components['schemas']
export type Evidence = Schemas['EvidenceView']
export type Reason = Schemas['OpenDispute']['reason']

/** The case of an order with all that was brought. */
export const disputeQuery = (orderId: string) =>
  queryOptions({
    queryKey: ['mine', 'order', orderId, 'dispute'],
    queryFn: () => api.get('/v1/orders/{order_id}/dispute', { path: { order_id: orderId } }),
  })

export const addEvidence = (disputeId: string, body: Schemas['AddEvidence'], key: string) =>
  api.post('/v1/disputes/{dispute_id}/evidence', { path: { dispute_id: disputeId }, body, key })

export const withdrawDispute = (disputeId: string, key: string) =>
  api.post('/v1/disputes/{dispute_id}/withdraw', { path: { dispute_id: disputeId }, key })

const REASONS: Record<string, string> = {
  not_received: m('dispute.notReceived'),
  not_as_described: m('dispute.notAsDescribed'),
  damaged: m('dispute.damaged'),
  wrong_item: m('dispute.wrongItem'),
  counterfeit: m('dispute.counterfeit'),
  other: m('dispute.other'),
}

export const reasonWords = (reason: string): string => REASONS[reason] ?? reason
