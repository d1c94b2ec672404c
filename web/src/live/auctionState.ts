import type { Auction, Bid, Leader, You } from '@/api/types'
import type { LiveEvent } from './frames'

/** An auction as it is on screen: what REST gives, and what only the socket knows. */
export type LiveAuction = Auction & {
  /** Newest first. Missing until a snapshot has come. */
  recent_bids?: Bid[]
  viewers?: number
  /** The person's own place here; null when it has none. */
  you?: You | null
}

export const MAX_RECENT_BIDS = 50

const OVER: ReadonlySet<string> = new Set(['sold', 'unsold', 'cancelled', 'ended', 'awaiting_decision'])

/** Whether nobody can bid any more. */
export function isOver(auction: Auction): boolean {
  return OVER.has(auction.status)
}

/** The newer of two sights of an auction; what only one of them knows is kept. */
export function newer(known: LiveAuction | undefined, seen: LiveAuction): LiveAuction {
  if (!known) return seen
  return seen.seq >= known.seq ? { ...known, ...seen } : known
}

/** The auction after one more event of its channel; the same object when it changes nothing. Pure. */
export function applyEvent(auction: LiveAuction, event: LiveEvent): LiveAuction {
  const data = event.data
  switch (event.type) {
    case 'bid_placed': {
      const { bids, seq_from: _from, leader, ...moved } = data
      return standing({
        ...auction,
        ...(moved as Partial<Auction>),
        seq: event.seq ?? auction.seq,
        leader: leader as Leader | null,
        ...mergedBids(auction, bids as Bid[]),
      })
    }
    case 'auction_extended':
    case 'auction_started':
    case 'auction_ended':
    case 'auction_updated':
      return standing({ ...auction, ...(data as Partial<Auction>), seq: event.seq ?? auction.seq })
    case 'viewer_count':
      return { ...auction, viewers: data.viewers as number }
    default:
      return auction
  }
}

/** After the person's own bid was answered: from now on we know which of the aliases is theirs. Pure. */
export function applyOwnBid(auction: LiveAuction, answered: Auction, bid: Bid): LiveAuction {
  const known = auction.you?.max_amount ?? 0
  const you: You = {
    alias: bid.bidder.alias,
    max_amount: Math.max(known, bid.max_amount ?? bid.amount),
    status: answered.leader?.is_you ? 'leading' : 'outbid',
  }
  // The event of this bid may have come before the answer, and others after it.
  return standing({ ...newer(auction, answered), you })
}

function mergedBids(auction: LiveAuction, fresh: Bid[]): Pick<LiveAuction, 'recent_bids'> {
  if (!auction.recent_bids) return {}
  const known = new Set(fresh.map(bid => bid.id))
  const isLed = fresh.some(bid => bid.status === 'leading')
  const older = auction.recent_bids
    .filter(bid => !known.has(bid.id))
    .map(bid => (isLed && bid.status === 'leading' ? { ...bid, status: 'outbid' as const } : bid))
  return { recent_bids: [...fresh, ...older].slice(0, MAX_RECENT_BIDS) }
}

/** Broadcasts name people by alias only: say again who is the person itself, and how it stands. */
function standing(auction: LiveAuction): LiveAuction {
  const you = auction.you
  if (!you) return auction
  const leads = auction.leader?.alias === you.alias
  let status: You['status'] = leads ? 'leading' : you.status === 'watching' ? 'watching' : 'outbid'
  if (auction.status === 'sold') status = leads ? 'won' : 'lost'
  else if (auction.status === 'unsold' || auction.status === 'cancelled') status = 'lost'
  return {
    ...auction,
    you: { ...you, status },
    leader: auction.leader && { ...auction.leader, is_you: leads },
    ...(auction.recent_bids && {
      recent_bids: auction.recent_bids.map(bid =>
        bid.bidder.is_you === (bid.bidder.alias === you.alias)
          ? bid
          : { ...bid, bidder: { ...bid.bidder, is_you: bid.bidder.alias === you.alias } },
      ),
    }),
  }
}
