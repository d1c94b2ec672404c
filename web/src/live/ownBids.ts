import type { QueryClient } from '@tanstack/react-query'
import { session } from '@/api/client'
import type { Auction, Bid } from '@/api/types'
import { applyOwnBid, type LiveAuction } from './auctionState'
import { auctionKey } from './auctions'
import type { LiveEvent } from './frames'

const CHANNEL = 'outcry.own-bids'

interface OwnBid {
  userId: string
  auction: Auction
  bid: Bid
}

let opened: BroadcastChannel | undefined
const windows = () => (opened ??= new BroadcastChannel(CHANNEL))

/**
 * The person has placed a bid in this window. What everybody is told names aliases only, so all windows of the person
 * in this browser learn from here whose bid it was.
 */
export function rememberOwnBid(queryClient: QueryClient, auction: Auction, bid: Bid): void {
  queryClient.setQueryData<LiveAuction>(auctionKey(auction.id), known =>
    applyOwnBid(known ?? auction, auction, bid),
  )
  const userId = session.get()?.user.id
  if (userId !== undefined) windows().postMessage({ userId, auction, bid } satisfies OwnBid)
}

/** Hear of the person's bids in other windows until the returned function is called. */
export function hearOwnBids(queryClient: QueryClient): () => void {
  const hear = ({ data }: MessageEvent<OwnBid>) => {
    if (data.userId !== session.get()?.user.id) return
    queryClient.setQueryData<LiveAuction>(
      auctionKey(data.auction.id),
      known => known && applyOwnBid(known, data.auction, data.bid),
    )
  }
  windows().addEventListener('message', hear)
  return () => windows().removeEventListener('message', hear)
}

/**
 * Whether this event to the person tells of a bid from another device: it led an auction of which this window knows no
 * bid of its own. Pure.
 */
export const isNewsOfOtherDevice = (known: LiveAuction | undefined, event: LiveEvent): boolean =>
  event.type === 'outbid' && known !== undefined && !known.you?.alias
