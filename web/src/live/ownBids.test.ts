import { expect, test } from 'vitest'
import type { LiveAuction } from './auctionState'
import type { LiveEvent } from './frames'
import { isNewsOfOtherDevice } from './ownBids'

const outbid = { type: 'outbid', channel: 'user', seq: 1, at: '', data: { auction_id: 'a' } } as LiveEvent
const room = { id: 'a' } as LiveAuction
const bidHere = { ...room, you: { alias: 'Bidder 1', max_amount: 100, status: 'leading' } } as LiveAuction

test('an outbid where this device knows no bid of the person comes from another device', () => {
  expect(isNewsOfOtherDevice(room, outbid)).toBe(true)
})

test('with a bid of this device, or of an auction that is not here, it is no such news', () => {
  expect(isNewsOfOtherDevice(bidHere, outbid)).toBe(false)
  expect(isNewsOfOtherDevice(undefined, outbid)).toBe(false)
  expect(isNewsOfOtherDevice(room, { ...outbid, type: 'order_updated' })).toBe(false)
})
