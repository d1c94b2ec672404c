import { queryOptions } from '@tanstack/react-query'
import { api } from '@/api/client'
import type { Listing, Medium } from '@/api/types'

/** One listing with its pictures. */
export const listingQuery = (id: string) =>
  queryOptions({
    queryKey: ['listing', id],
    queryFn: async () =>
      (await api.get('/v1/listings/{listing_id}', { path: { listing_id: id } })) as Listing,
  })

/** Where a picture of that size is; the nearest there is. */
export function pictureUrl(medium: Medium | undefined, size: string): string | undefined {
  return (medium?.variants.find(one => one.name === size) ?? medium?.variants[0])?.url
}

const LARGEST = 1280

/** All sizes of a picture that a page shows it in, as `<img srcset>` has them. */
export const pictureSources = (medium: Medium): string =>
  medium.variants
    .filter(one => one.width <= LARGEST)
    .map(one => `${one.url} ${one.width}w`)
    .join(', ')
