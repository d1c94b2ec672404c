import { describe, expect, test } from 'vitest'
import type { Auction, Bid } from '@/api/types'
import { applyEvent, applyOwnBid, MAX_RECENT_BIDS, newer, type LiveAuction } from './auctionState'
import type { LiveEvent } from './frames'

const auction = {
  id: 'a',
  status: 'live',
  currency: 'USD',
  current_price: 1_000,
  minimum_bid: 1_100,
  bid_count: 1,
  leader: { alias: 'Bidder 1', is_you: false },
  ends_at: '2026-11-21T12:00:00.000Z',
  extended_count: 0,
  seq: 5,
} as unknown as Auction

const bid = (id: string, alias: string, amount: number, status = 'leading'): Bid =>
  ({
    id,
    auction_id: 'a',
    kind: 'bid',
    amount,
    placed_at: '2026-11-21T11:59:00.000Z',
    status,
    seq: 1,
    bidder: { alias, is_you: false },
  }) as unknown as Bid

const placed = (seq: number, price: number, ...bids: Bid[]): LiveEvent => ({
  type: 'bid_placed',
  channel: 'auction:a',
  seq,
  at: '2026-11-21T11:59:00.000Z',
  data: {
    auction_id: 'a',
    seq_from: seq,
    bids,
    current_price: price,
    minimum_bid: price + 100,
    bid_count: 2,
    leader: { alias: bids[0]?.bidder.alias ?? '', is_you: false },
  },
})

const watched: LiveAuction = {
  ...auction,
  recent_bids: [bid('1', 'Bidder 1', 1_000)],
  you: { alias: 'Bidder 1', max_amount: 1_000, status: 'leading' },
}

describe('an event moves the auction', () => {
  test('with its price, its leader and its bids, the newest first', () => {
    const after = applyEvent(watched, placed(6, 1_100, bid('2', 'Bidder 2', 1_100)))
    expect(after).toMatchObject({
      current_price: 1_100,
      minimum_bid: 1_200,
      seq: 6,
      leader: { alias: 'Bidder 2' },
    })
    expect(after.recent_bids?.map(one => [one.id, one.status])).toEqual([
      ['2', 'leading'],
      ['1', 'outbid'],
    ])
  })

  test('and the person who led knows to be outbid, and to lead again', () => {
    const outbid = applyEvent(watched, placed(6, 1_100, bid('2', 'Bidder 2', 1_100)))
    expect(outbid.you?.status).toBe('outbid')
    expect(outbid.leader?.is_you).toBe(false)
    const back = applyEvent(outbid, placed(7, 1_200, bid('3', 'Bidder 1', 1_200)))
    expect(back.you?.status).toBe('leading')
    expect(back.leader?.is_you).toBe(true)
    expect(back.recent_bids?.[0]?.bidder.is_you).toBe(true)
  })

  test('keeps no more bids than are shown', () => {
    let state = watched
    for (let seq = 6; seq < 6 + MAX_RECENT_BIDS + 20; seq += 1)
      state = applyEvent(state, placed(seq, seq * 100, bid(String(seq), 'Bidder 2', seq * 100)))
    expect(state.recent_bids).toHaveLength(MAX_RECENT_BIDS)
    expect(state.recent_bids?.[0]?.amount).toBe(state.current_price)
  })

  test('a bid that came twice is there once', () => {
    const event = placed(6, 1_100, bid('2', 'Bidder 2', 1_100))
    expect(applyEvent(applyEvent(watched, event), event).recent_bids).toHaveLength(2)
  })

  test('the end tells who won and who did not', () => {
    const ended = (alias: string): LiveEvent => ({
      type: 'auction_ended',
      channel: 'auction:a',
      seq: 7,
      at: '',
      data: { status: 'sold', final_price: 1_000, leader: { alias, is_you: false } },
    })
    expect(applyEvent(watched, ended('Bidder 1')).you?.status).toBe('won')
    expect(applyEvent(watched, ended('Bidder 2')).you?.status).toBe('lost')
  })

  test('viewers come without a number and move nothing else', () => {
    const seen = applyEvent(watched, {
      type: 'viewer_count',
      channel: 'auction:a',
      seq: null,
      at: '',
      data: { viewers: 7 },
    } as never)
    expect(seen).toEqual({ ...watched, viewers: 7 })
  })
})

describe('two sights of one auction', () => {
  test('an older answer does not undo what the socket brought', () => {
    const moved = applyEvent(watched, placed(6, 1_100, bid('2', 'Bidder 2', 1_100)))
    expect(newer(moved, auction)).toBe(moved)
  })

  test('a newer answer leaves what only the socket knows', () => {
    const seen = { ...auction, current_price: 2_000, seq: 9 }
    expect(newer(watched, seen)).toMatchObject({
      current_price: 2_000,
      recent_bids: watched.recent_bids,
      you: watched.you,
    })
  })

  test('an own bid whose event came first changes nothing that is newer', () => {
    const moved = applyEvent(watched, placed(9, 5_000, bid('9', 'Bidder 3', 5_000)))
    const answered = {
      ...auction,
      seq: 8,
      current_price: 1_200,
      leader: { alias: 'Bidder 1', is_you: true },
    } as Auction
    const after = applyOwnBid(moved, answered, { ...bid('8', 'Bidder 1', 1_200), max_amount: 1_500 })
    expect(after.current_price).toBe(5_000)
    expect(after.you).toEqual({ alias: 'Bidder 1', max_amount: 1_500, status: 'outbid' })
  })
})
