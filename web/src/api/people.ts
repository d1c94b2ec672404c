import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from './client'
import type { components } from './schema'
import type { Page } from './types'

type Schemas = components['schemas']

export type PublicPerson = Schemas['PublicUser']
export type RatingSummary = Schemas['RatingSummary']
export type RatingOfPerson = Schemas['RatingView']

const FRESH_MS = 300_000
const PAGE = 10

/** A person as others see it, with how it was rated. */
export const personQuery = (id: string) =>
  queryOptions({
    queryKey: ['person', id],
    queryFn: async () => (await api.get('/v1/users/{user_id}', { path: { user_id: id } })) as PublicPerson,
    staleTime: FRESH_MS,
  })

/** What others say of a person, newest first. */
export const ratingsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['person', id, 'ratings'],
    queryFn: async ({ pageParam }) =>
      (await api.get('/v1/users/{user_id}/ratings', {
        path: { user_id: id },
        query: { limit: PAGE, cursor: pageParam },
      })) as Page<RatingOfPerson>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })
