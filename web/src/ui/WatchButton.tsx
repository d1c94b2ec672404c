import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Heart } from 'lucide-react'
import { memo } from 'react'
import { api } from '@/api/client'
import type { Listing } from '@/api/types'
import { useUser } from '@/api/useSession'
import { cx } from '@/shared/cx'
import { t } from '@/strings/t'
import { IconButton } from './Button'
import { wordsFor } from './Failure'
import { listingQuery } from './listings'
import { toast } from './toasts'

/** Watch a thing and its auction: shown at once, taken back when the server says no. */
export const WatchButton = memo(function WatchButton({
  listingId,
  auctionId,
}: {
  listingId: string
  auctionId?: string | null | undefined
}) {
  const user = useUser()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const query = listingQuery(listingId)
  const { data: listing } = useQuery(query)
  const isWatching = listing?.watching === true
  const set = (watching: boolean) =>
    queryClient.setQueryData<Listing>(query.queryKey, known => known && { ...known, watching })
  const change = useMutation({
    mutationFn: async (wanted: boolean) => {
      set(wanted)
      const one = { path: { listing_id: listingId } }
      await (wanted
        ? api.put('/v1/listings/{listing_id}/watch', one)
        : api.delete('/v1/listings/{listing_id}/watch', one))
      if (!auctionId) return
      const its = { path: { auction_id: auctionId } }
      await (wanted
        ? api.put('/v1/auctions/{auction_id}/watch', its)
        : api.delete('/v1/auctions/{auction_id}/watch', its))
    },
    onError: (error, wanted) => {
      set(!wanted)
      toast(wordsFor(error), 'bad')
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['mine', 'watchlist'] }),
  })
  return (
    <IconButton
      label={isWatching ? t('watch.stop') : t('watch.start')}
      aria-pressed={isWatching}
      onClick={() => {
        if (user) change.mutate(!isWatching)
        else void navigate({ to: '/sign-in', search: { next: location.pathname } })
      }}
      className="border border-line bg-raised"
    >
      <Heart aria-hidden="true" className={cx('size-5', isWatching && 'fill-accent text-accent')} />
    </IconButton>
  )
})
