import type { QueryClient } from '@tanstack/react-query'
import { api } from '@/api/client'
import { newKey } from '@/api/key'
import { ApiError } from '@/api/problem'
import type { Auction, Bid } from '@/api/types'
import { live } from './live'
import { rememberOwnBid } from './ownBids'

export interface Offer {
  amount?: number
  max_amount?: number
}

interface Placed {
  bid: Bid
  auction: Auction
}

/**
 * Place a bid: over the socket, or by REST when the socket did not answer, under the same key, so that it counts once
 * whatever got lost. What it changed is in the cache when this resolves. Rejects with ApiError.
 */
export async function placeBid(queryClient: QueryClient, auctionId: string, offer: Offer): Promise<Bid> {
  const key = newKey()
  let placed: Placed
  try {
    placed = (await live.bid(auctionId, offer, key)) as unknown as Placed
  } catch (refusal) {
    const mayAskAgain =
      refusal instanceof ApiError && (refusal.isUnanswered || refusal.code === 'unauthenticated')
    if (!mayAskAgain) throw refusal
    placed = (await api.post('/v1/auctions/{auction_id}/bids', {
      path: { auction_id: auctionId },
      body: offer,
      key,
    })) as unknown as Placed
  }
  const { bid, auction } = placed
  rememberOwnBid(queryClient, auction, bid)
  return bid
}
