import { queryOptions } from '@tanstack/react-query'
import { wire } from './wire'

/** What a sale at `amount` costs and gives; minor units of `currency`. */
export interface FeePreview {
  amount: number
  currency: string
  commission: number
  escrow_fee: number
  buyer_premium: number
  tax: number
  seller_receives: number
  buyer_pays: number
}

/** The server's own sums for a price; they change only with the market's rules, so an answer is kept. */
export const feePreviewQuery = (amount: number, currency: string) =>
  queryOptions({
    queryKey: ['fees', currency, amount],
    queryFn: async () => (await wire.get('/v1/fees/preview', { query: { amount, currency } })) as FeePreview,
    staleTime: Number.POSITIVE_INFINITY,
  })
