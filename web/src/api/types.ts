import type { components } from './schema'

type Schemas = components['schemas']

export type AuctionStatus =
  'scheduled' | 'live' | 'ended' | 'awaiting_decision' | 'sold' | 'unsold' | 'cancelled'
export type Auction = Omit<Schemas['AuctionView'], 'status'> & { status: AuctionStatus }
export type Bid = Schemas['BidView']
export type Leader = Schemas['LeaderView']
export type You = Schemas['YouView']
export type Listing = Schemas['ListingView']
export type ListingCard = Schemas['ListingCard']
export type Category = Schemas['CategoryView']
export type Medium = Schemas['MediaView']

export interface Page<Item> {
  items: Item[]
  next_cursor: string | null
}
