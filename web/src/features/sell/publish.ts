import { api } from '@/api/client'
import { newKey } from '@/api/key'
import { ApiError } from '@/api/problem'
import type { Auction } from '@/api/types'
import { auctionBody, type Draft } from './draft'

/** Where the seller goes afterwards. */
export interface Published {
  listingId: string
  auctionId: string | null
}

/** The keys of one attempt, so that pressing again after a lost answer repeats it instead of doing it twice. */
export class PublishKeys {
  auction = newKey()
  live = newKey()

  /** What was refused was not done: the next attempt is another one. */
  after(refusal: unknown): void {
    if (!(refusal instanceof ApiError) || refusal.isUnanswered) return
    this.auction = newKey()
    this.live = newKey()
  }
}

/** Make a saved draft public, with its auction, live at once when asked. Rejects with ApiError; can be repeated. */
export async function publish(
  draft: Draft,
  listingId: string,
  isLive: boolean,
  keys: PublishKeys,
): Promise<Published> {
  await api.post('/v1/listings/{listing_id}/publish', { path: { listing_id: listingId } })
  if (draft.kind === 'fixed') return { listingId, auctionId: null }
  const auction = (await api.post('/v1/auctions', {
    body: auctionBody(draft, listingId),
    key: keys.auction,
  })) as Auction
  if (isLive)
    await api.post('/v1/auctions/{auction_id}/go-live', { path: { auction_id: auction.id }, key: keys.live })
  return { listingId, auctionId: auction.id }
}
