import { queryOptions, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { api, session } from '@/api/client'
import type { Auction } from '@/api/types'
import { applyEvent, newer, type LiveAuction } from './auctionState'
import { live } from './live'
import type { Watcher } from './channel'

/** Where an auction stands in the cache: one place for lists, cards and rooms. */
export const auctionKey = (id: string) => ['auction', id] as const

/** One auction. Never stale by itself: the socket keeps it current while it is watched. */
export const auctionQuery = (id: string) =>
  queryOptions({
    queryKey: auctionKey(id),
    // The socket may have been faster, and knows more: what it brought stays.
    queryFn: async ({ client }): Promise<LiveAuction> => {
      const seen = (await api.get('/v1/auctions/{auction_id}', { path: { auction_id: id } })) as Auction
      return newer(client.getQueryData<LiveAuction>(auctionKey(id)), seen)
    },
    staleTime: Number.POSITIVE_INFINITY,
    // Events keep what they do not change; comparing fifty bids again, many times a second, finds nothing.
    structuralSharing: false,
  })

/** Keep what a list or an answer told of auctions, unless the socket knows better already. */
export function rememberAuctions(queryClient: QueryClient, auctions: Auction[]): void {
  for (const auction of auctions)
    queryClient.setQueryData<LiveAuction>(auctionKey(auction.id), known => newer(known, auction))
}

/**
 * Follow an auction into the cache until the returned function is called. With `whole` it begins with a snapshot, which
 * alone has the recent bids and the person's own place; without it, with whatever was missed since what is cached.
 */
export function followAuction(
  queryClient: QueryClient,
  id: string,
  whole: boolean,
  extra: Watcher = {},
): () => void {
  const key = auctionKey(id)
  const known = queryClient.getQueryData<LiveAuction>(key)
  const needsSnapshot = whole || !known || session.get() !== null
  return live.watch(
    `auction:${id}`,
    {
      ...extra,
      snapshot(data, seq) {
        queryClient.setQueryData<LiveAuction>(key, before => ({
          ...before,
          ...(data as unknown as LiveAuction),
          seq,
        }))
        extra.snapshot?.(data, seq)
      },
      event(event) {
        queryClient.setQueryData<LiveAuction>(key, before => before && applyEvent(before, event))
        extra.event?.(event)
      },
    },
    needsSnapshot ? null : known.seq,
  )
}

/** An auction that moves while `isWatched`. Undefined until it is known. */
export function useLiveAuction(id: string, isWatched = true): LiveAuction | undefined {
  const queryClient = useQueryClient()
  // A watched one comes by the socket, with what it needs.
  const { data } = useQuery({ ...auctionQuery(id), enabled: !isWatched })
  useEffect(
    () => (isWatched ? followAuction(queryClient, id, false) : undefined),
    [queryClient, id, isWatched],
  )
  return data
}
