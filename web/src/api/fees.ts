import { queryOptions } from '@tanstack/react-query'
import { api } from './client'
import type { components } from './schema'

/** What a sale at `amount` costs and gives; minor units of `currency`. */
export type FeePreview = components['schemas']['FeesPreview']

/** The server's own sums for a price; they change only with the market's rules, so an answer is kept. */
export const feePreviewQuery = (amount: number, currency: string) =>
  queryOptions({
    queryKey: ['fees', currency, amount],
    queryFn: () => api.get('/v1/fees/preview', { query: { amount, currency } }),
    staleTime: Number.POSITIVE_INFINITY,
  })
