import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { Page } from './types'
import { wire } from './wire'

export interface Balance {
  currency: string
  available: number
  held: number
}
export interface Wallet {
  balances: Balance[]
  gas: number
}
export interface Entry {
  id: string
  at: string
  kind: string
  amount: number
  currency: string
  balance_after: number
  subject_id: string | null
  bucket: 'available' | 'held'
}
export interface TopUp {
  id: string
  status: string
  checkout_url: string | null
  client_secret: string | null
}
export interface Withdrawal {
  id: string
  amount: number
  currency: string
  status: 'pending' | 'paid' | 'failed'
  created_at: string
}
export interface PayoutAccount {
  provider: string
  status: 'none' | 'pending' | 'ready' | 'restricted'
  onboarding_url: string | null
  requirements: string[]
}

const ENTRIES_A_PAGE = 30

/** The person's money. Moved by the person's channel. */
export const walletQuery = queryOptions({
  queryKey: ['mine', 'wallet'],
  queryFn: async () => (await wire.get('/v1/wallet')) as Wallet,
})

export const entriesQuery = (currency: string) =>
  infiniteQueryOptions({
    queryKey: ['mine', 'wallet', 'entries', currency],
    queryFn: async ({ pageParam }) =>
      (await wire.get('/v1/wallet/entries', {
        query: { currency, limit: ENTRIES_A_PAGE, cursor: pageParam },
      })) as Page<Entry>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })

export const withdrawalsQuery = queryOptions({
  queryKey: ['mine', 'wallet', 'withdrawals'],
  queryFn: async () => (await wire.get('/v1/wallet/withdrawals')) as Page<Withdrawal>,
})

export const payoutAccountQuery = queryOptions({
  queryKey: ['mine', 'wallet', 'payout-account'],
  queryFn: async () => (await wire.get('/v1/wallet/payout-account')) as PayoutAccount,
})

export const topUpQuery = (id: string) =>
  queryOptions({
    queryKey: ['mine', 'wallet', 'top-up', id],
    queryFn: async () =>
      (await wire.get('/v1/wallet/top-ups/{top_up_id}', { path: { top_up_id: id } })) as TopUp,
  })

export const topUp = async (body: { amount: number; currency: string; return_url: string }, key: string) =>
  (await wire.post('/v1/wallet/top-ups', { body, key })) as TopUp

export const withdraw = async (body: { amount: number; currency: string }, key: string) =>
  (await wire.post('/v1/wallet/withdrawals', { body, key })) as Withdrawal

export const openPayoutAccount = async (body: { return_url: string }, key: string) =>
  (await wire.post('/v1/wallet/payout-account', { body, key })) as PayoutAccount

/** What the person has to spend in this currency. */
export const availableIn = (wallet: Wallet | undefined, currency: string): number =>
  wallet?.balances.find(one => one.currency === currency)?.available ?? 0
