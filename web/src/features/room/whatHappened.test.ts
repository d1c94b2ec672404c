import { describe, expect, it } from 'vitest'
import type { LiveAuction } from '@/live/auctionState'
import { whatHappened } from './useRoom'

const auction = (changes: Partial<LiveAuction>): LiveAuction =>
  ({ status: 'live', seq: 1, extended_count: 0, you: null, ...changes }) as LiveAuction
const you = (status: 'leading' | 'outbid') => ({ alias: 'Bidder 1', max_amount: 100, status })

describe('what a room says', () => {
  it('raises the alarm when the person is outbid, even when the end moved too', () => {
    const was = auction({ you: you('leading') })
    expect(whatHappened(was, auction({ you: you('outbid'), extended_count: 1 }))).toBe('outbid')
  })
  it('says that the person leads, once', () => {
    expect(whatHappened(auction({}), auction({ you: you('leading') }))).toBe('leading')
    expect(
      whatHappened(auction({ you: you('leading') }), auction({ you: you('leading'), seq: 2 })),
    ).toBeNull()
  })
  it('says that the end moved', () => {
    expect(whatHappened(auction({}), auction({ extended_count: 1 }))).toBe('extended')
  })
  it('says that it is over before anything else', () => {
    expect(
      whatHappened(auction({ you: you('leading') }), auction({ status: 'sold', you: you('leading') })),
    ).toBe('ended')
  })
})
