import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from './client'
import type { components } from './schema'
import type { Page } from './types'

type Schemas = components['schemas']
export type Balance = Schemas['Balance']
export type Wallet = Schemas['WalletView']
export type Entry = Schemas['WalletEntry']
export type TopUp = Schemas['StartedTopUp']
export type Withdrawal = Schemas['WithdrawalView']
export type PayoutAccount = Schemas['PayoutAccountView']

const ENTRIES_A_PAGE = 30

/** The person's money. Moved by the person's channel. */
export const walletQuery = queryOptions({
  queryKey: ['mine', 'wallet'],
  queryFn: () => api.get('/v1/wallet'),
})

export const entriesQuery = (currency: string) =>
  infiniteQueryOptions({
    queryKey: ['mine', 'wallet', 'entries', currency],
    queryFn: async ({ pageParam }) =>
      (await api.get('/v1/wallet/entries', {
        query: { currency, limit: ENTRIES_A_PAGE, cursor: pageParam },
      })) as Page<Entry>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })

export const withdrawalsQuery = queryOptions({
  queryKey: ['mine', 'wallet', 'withdrawals'],
  queryFn: async () => (await api.get('/v1/wallet/withdrawals')) as Page<Withdrawal>,
})

export const payoutAccountQuery = queryOptions({
  queryKey: ['mine', 'wallet', 'payout-account'],
  queryFn: () => api.get('/v1/wallet/payout-account'),
})

export const topUp = (body: Schemas['NewTopUp'], key: string) => api.post('/v1/wallet/top-ups', { body, key })

export const withdraw = (body: Schemas['NewWithdrawal'], key: string) =>
  api.post('/v1/wallet/withdrawals', { body, key })

export const openPayoutAccount = (body: Schemas['OpenPayoutAccount'], key: string) =>
  api.post('/v1/wallet/payout-account', { body, key })

/** What the person has to spend in this currency. */
export const availableIn = (wallet: Wallet | undefined, currency: string): number =>
  wallet?.balances.find(one => one.currency === currency)?.available ?? 0
