import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Heart } from 'lucide-react'
import { api } from '@/api/client'
import type { Listing, Page } from '@/api/types'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { EmptyState } from '@/ui/bits'
import { Button, buttonClass } from '@/ui/Button'
import { Failure } from '@/ui/Failure'
import { Grid, GridSkeleton, PageFrame } from '@/ui/Grid'
import { ListingCard } from '@/ui/ListingCard'
import { SignedIn } from '@/ui/SignedIn'

const PAGE = 24
const FOLLOWED = 12

/** What the person keeps an eye on. */
export function WatchlistPage() {
  useTitle(t('watchlist.title'))
  return (
    <PageFrame title={t('watchlist.title')} lead={t('watchlist.lead')}>
      <SignedIn>{() => <Mine />}</SignedIn>
    </PageFrame>
  )
}

function Mine() {
  const found = useInfiniteQuery({
    queryKey: ['mine', 'watchlist'],
    queryFn: async ({ pageParam }) =>
      (await api.get('/v1/watchlist', {
        query: { limit: PAGE, ...(pageParam && { cursor: pageParam }) },
      })) as unknown as Page<Listing>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })
  if (found.isPending) return <GridSkeleton cards={4} />
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />
  const listings = found.data.pages.flatMap(page => page.items)
  if (listings.length === 0) {
    return (
      <EmptyState
        icon={<Heart className="size-7" />}
        title={t('watchlist.emptyTitle')}
        action={
          <Link to="/" className={buttonClass()}>
            {t('bids.browse')}
          </Link>
        }
      >
        {t('watchlist.empty')}
      </EmptyState>
    )
  }
  return (
    <>
      <Grid>
        {listings.map((listing, index) => (
          <ListingCard key={listing.id} listing={listing} isWatched={index < FOLLOWED} />
        ))}
      </Grid>
      {found.hasNextPage && (
        <Button
          look="plain"
          busy={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
          className="mx-auto"
        >
          {t('app.more')}
        </Button>
      )}
    </>
  )
}
