import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useUser } from '@/api/useSession'
import { auctionQuery, followAuction } from '@/live/auctions'
import type { LiveAuction } from '@/live/auctionState'
import { live } from '@/live/live'

/** Something that just happened, said for a moment. `id` tells one from the next. */
export interface Moment {
  id: number
  kind: 'outbid' | 'leading' | 'extended' | 'ended'
}

const SAID_MS = 6_000
const BUZZ_MS = [80, 60, 80]

/** The auction of this room as it moves, and what just happened in it. */
export function useRoom(auctionId: string) {
  const queryClient = useQueryClient()
  const user = useUser()
  const query = useQuery(auctionQuery(auctionId))
  const auction = query.data
  const [isFresh, setFresh] = useState(false)
  const [moment, setMoment] = useState<Moment | null>(null)
  const before = useRef<LiveAuction | undefined>(undefined)
  const userId = user?.id

  useEffect(() => {
    before.current = undefined
    const stop = followAuction(queryClient, auctionId, true, { fresh: () => setFresh(true) })
    const unsubscribe = live.subscribe(() => setFresh(live.isFresh(`auction:${auctionId}`)))
    return () => {
      stop()
      unsubscribe()
      setFresh(false)
    }
  }, [queryClient, auctionId, userId])

  useEffect(() => {
    // Who comes back may have bid on another device meanwhile.
    const seen = () => {
      if (userId !== undefined && document.visibilityState === 'visible') live.restart(`auction:${auctionId}`)
    }
    document.addEventListener('visibilitychange', seen)
    return () => document.removeEventListener('visibilitychange', seen)
  }, [auctionId, userId])

  useEffect(() => {
    const was = before.current
    before.current = auction
    if (!was || !auction) return
    const kind = whatHappened(was, auction)
    if (!kind) return
    if (kind === 'outbid') navigator.vibrate(BUZZ_MS)
    setMoment({ id: auction.seq, kind })
  }, [auction])

  useEffect(() => {
    if (!moment) return undefined
    const timer = setTimeout(() => setMoment(null), SAID_MS)
    return () => clearTimeout(timer)
  }, [moment])

  return { auction, error: query.error, retry: query.refetch, isFresh, moment, user }
}

/** The most important thing between two sights of the auction; null when nothing is worth a word. Pure. */
export function whatHappened(was: LiveAuction, now: LiveAuction): Moment['kind'] | null {
  if (was.status === 'live' && now.status !== 'live') return 'ended'
  if (was.you?.status === 'leading' && now.you?.status === 'outbid') return 'outbid'
  if (was.you?.status !== 'leading' && now.you?.status === 'leading') return 'leading'
  if (now.extended_count > was.extended_count) return 'extended'
  return null
}
