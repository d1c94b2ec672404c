import { infiniteQueryOptions } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { Listing, Page } from '@/api/types'

const PAGE = 12

/** What a person has for sale, newest first. */
export const listingsOfQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['person', id, 'listings'],
    queryFn: async ({ pageParam }) =>
      (await api.get('/v1/listings', {
        query: { seller: id, sort: 'newest', limit: PAGE, cursor: pageParam } as never,
      })) as unknown as Page<Listing>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })
