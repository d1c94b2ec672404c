import { useCallback, useEffect, useRef, useState } from 'react'
import { api } from '@/api/client'
import { newKey } from '@/api/key'
import { ApiError, NO_CONNECTION } from '@/api/problem'
import type { Listing } from '@/api/types'
import {
  draftOf,
  dropDraft,
  emptyDraft,
  keepDraft,
  listingBody,
  placeOf,
  readDraft,
  whatFaults,
  type AttributeField,
  type Draft,
} from './draft'

/** `kept` on this device only, `saving`, `saved` with the server too, or waiting for a connection. */
export type Keeping = 'kept' | 'saving' | 'saved' | 'offline'

const QUIET_MS = 1_500

/**
 * A draft that outlives the page: every change is kept on this device at once, and with the server as soon as it is a
 * listing and there is a connection. `fields` are those of its category; null until the categories are known.
 */
export function useDraft(listing: Listing | null, fieldsOf: (category: string) => AttributeField[] | null) {
  const place = placeOf(listing?.id ?? null)
  const [kept] = useState(() => readDraft(place))
  const [draft, setDraft] = useState<Draft>(() => kept ?? (listing ? draftOf(listing) : emptyDraft()))
  const [keeping, setKeeping] = useState<Keeping>('kept')
  const latest = useRef(draft)
  // What an earlier page kept may never have reached the server.
  const version = useRef(kept ? 1 : 0)
  const savedVersion = useRef(0)
  const running = useRef<Promise<string> | null>(null)

  const change = useCallback(
    (changes: Partial<Draft>) => {
      const next = { ...latest.current, ...changes }
      latest.current = next
      version.current += 1
      keepDraft(place, next)
      setDraft(next)
      setKeeping('kept')
    },
    [place],
  )

  const saveOnce = useCallback(async (): Promise<string> => {
    const now = latest.current
    const saving = version.current
    const body = listingBody(now, fieldsOf(now.category) ?? [])
    let id = now.listingId
    const know = (changes: Partial<Draft>) => {
      latest.current = { ...latest.current, ...changes }
      keepDraft(place, latest.current)
      setDraft(latest.current)
    }
    if (id === null) {
      try {
        id = ((await api.post('/v1/listings', { body, key: now.key })) as Listing).id
      } catch (refusal) {
        // A refused one was not made; with other words it is another request.
        if (refusal instanceof ApiError && !refusal.isUnanswered) know({ key: newKey() })
        throw refusal
      }
      know({ listingId: id })
    } else await api.patch('/v1/listings/{listing_id}', { path: { listing_id: id }, body: body as never })
    if (now.pictures.length > 0)
      await api.put('/v1/listings/{listing_id}/media', {
        path: { listing_id: id },
        body: { media_ids: now.pictures.map(one => one.id) },
      })
    savedVersion.current = saving
    return id
  }, [place, fieldsOf])

  /** Save with the server now; the listing's id. Rejects with ApiError. */
  const save = useCallback(async (): Promise<string> => {
    // One at a time: a second one begins with what the first one made.
    while (running.current) await running.current.catch(() => undefined)
    setKeeping('saving')
    running.current = saveOnce()
    try {
      const id = await running.current
      setKeeping(savedVersion.current === version.current ? 'saved' : 'kept')
      return id
    } catch (refusal) {
      setKeeping(refusal instanceof ApiError && refusal.code === NO_CONNECTION ? 'offline' : 'kept')
      throw refusal
    } finally {
      running.current = null
    }
  }, [saveOnce])

  useEffect(() => {
    const fields = fieldsOf(draft.category)
    const isWorth = fields !== null && Object.keys(whatFaults(draft, fields)).length === 0
    if (!isWorth || draft.isPublished || savedVersion.current === version.current) return undefined
    const attempt = () => {
      if (navigator.onLine) void save().catch(() => undefined)
      else setKeeping('offline')
    }
    const timer = setTimeout(attempt, QUIET_MS)
    addEventListener('online', attempt)
    return () => {
      clearTimeout(timer)
      removeEventListener('online', attempt)
    }
  }, [draft, fieldsOf, save])

  /** Forget it on this device. */
  const discard = useCallback(() => {
    dropDraft(place)
    latest.current = emptyDraft()
    version.current = 0
    savedVersion.current = 0
    setDraft(latest.current)
  }, [place])

  return { draft, change, save, keeping, discard, forget: useCallback(() => dropDraft(place), [place]) }
}
