import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { SearchX, SlidersHorizontal, X } from 'lucide-react'
import { useState } from 'react'
import { api } from '@/api/client'
import type { Category, Listing, Page } from '@/api/types'
import { typed } from '@/shared/form'
import { market } from '@/shared/market'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { EmptyState } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Failure } from '@/ui/Failure'
import { MoneyField, Select } from '@/ui/Field'
import { Grid, GridSkeleton, PageFrame } from '@/ui/Grid'
import { ListingCard } from '@/ui/ListingCard'
import { Sheet } from '@/ui/Sheet'

const PAGE = 24
const SORTS = [
  ['', t('search.sortBest')],
  ['newest', t('search.sortNewest')],
  ['price', t('search.sortPrice')],
  ['price_desc', t('search.sortPriceDown')],
] as const

/** Search with filters; the address holds them all, so it can be shared and gone back to. */
export function SearchPage() {
  const asked = useSearch({ from: '/search' })
  const navigate = useNavigate({ from: '/search' })
  const [areFiltersOpen, setFiltersOpen] = useState(false)
  useTitle(asked.q ? t('search.titleFor', { q: asked.q }) : t('search.title'))
  const categories = useQuery({
    queryKey: ['categories'],
    queryFn: async () => ((await api.get('/v1/categories')) as unknown as { items: Category[] }).items,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const found = useInfiniteQuery({
    queryKey: ['search', asked],
    queryFn: async ({ pageParam }) =>
      (await api.get('/v1/listings', {
        query: { ...asked, limit: PAGE, cursor: pageParam } as never,
      })) as unknown as Page<Listing>,
    initialPageParam: null as string | null,
    getNextPageParam: page => page.next_cursor,
  })
  const change = (changes: Partial<typeof asked>) =>
    void navigate({ search: before => ({ ...before, ...changes }), replace: true })
  const listings = found.data?.pages.flatMap(page => page.items) ?? []
  const filters = [asked.category, asked.condition, asked.sale_type, asked.price_min, asked.price_max].filter(
    one => one !== undefined,
  ).length
  return (
    <PageFrame>
      <form
        role="search"
        className="md:hidden"
        onSubmit={event => {
          event.preventDefault()
          change({ q: typed(new FormData(event.currentTarget), 'q') || undefined })
        }}
      >
        <input
          type="search"
          name="q"
          defaultValue={asked.q}
          aria-label={t('nav.searchLabel')}
          placeholder={t('nav.searchPlaceholder')}
          className="h-12 w-full rounded-full border border-line bg-raised px-5 text-base"
        />
      </form>
      <div className="flex flex-wrap items-end justify-between gap-4">
        <h1 className="text-3xl font-extrabold sm:text-4xl">
          {asked.q ? t('search.resultsFor', { q: asked.q }) : t('search.title')}
        </h1>
        <div className="flex items-center gap-2">
          <Button look="plain" size="small" onClick={() => setFiltersOpen(true)}>
            <SlidersHorizontal aria-hidden="true" className="size-4" />
            {t('search.filters')}
            {filters > 0 && (
              <span className="grid size-5 place-items-center rounded-full bg-accent text-xs text-on-accent">
                {filters}
              </span>
            )}
          </Button>
          <select
            aria-label={t('search.sort')}
            value={asked.sort ?? ''}
            onChange={event => change({ sort: event.target.value || undefined })}
            className="h-9 rounded-full border border-line bg-raised px-3 text-sm font-semibold"
          >
            {SORTS.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div
        className="-mx-4 flex gap-2 overflow-x-auto px-4 pb-1 sm:mx-0 sm:flex-wrap sm:px-0"
        role="group"
        aria-label={t('search.category')}
      >
        <Chip isOn={asked.category === undefined} onClick={() => change({ category: undefined })}>
          {t('search.all')}
        </Chip>
        {categories.data?.map(one => (
          <Chip
            key={one.slug}
            isOn={asked.category === one.slug}
            onClick={() => change({ category: asked.category === one.slug ? undefined : one.slug })}
          >
            {one.name}
          </Chip>
        ))}
      </div>
      {found.isPending && <GridSkeleton />}
      {found.isError && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && listings.length === 0 && (
        <EmptyState
          icon={<SearchX className="size-7" />}
          title={t('search.emptyTitle')}
          action={
            <Button look="plain" onClick={() => void navigate({ search: {} })}>
              {t('search.clear')}
            </Button>
          }
        >
          {t('search.empty')}
        </EmptyState>
      )}
      {listings.length > 0 && (
        <Grid>
          {listings.map((listing, index) => (
            <ListingCard key={listing.id} listing={listing} isWatched={index < 12} />
          ))}
        </Grid>
      )}
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
      <Sheet title={t('search.filters')} isOpen={areFiltersOpen} onClose={() => setFiltersOpen(false)}>
        <div className="grid gap-5">
          <Select
            label={t('search.saleType')}
            value={asked.sale_type ?? ''}
            onChange={event => change({ sale_type: event.target.value || undefined })}
            options={[
              ['', t('search.any')],
              ['auction', t('search.auction')],
              ['fixed', t('search.fixed')],
            ]}
          />
          <Select
            label={t('search.condition')}
            value={asked.condition ?? ''}
            onChange={event => change({ condition: event.target.value || undefined })}
            options={[
              ['', t('search.any')],
              ['new', t('condition.new')],
              ['used', t('condition.used')],
              ['refurbished', t('condition.refurbished')],
            ]}
          />
          <div className="grid grid-cols-2 gap-3">
            <MoneyField
              label={t('search.priceMin')}
              currency={market.currency}
              value={asked.price_min ?? null}
              onChange={one => change({ price_min: one ?? undefined })}
            />
            <MoneyField
              label={t('search.priceMax')}
              currency={market.currency}
              value={asked.price_max ?? null}
              onChange={one => change({ price_max: one ?? undefined })}
            />
          </div>
          <Button wide onClick={() => setFiltersOpen(false)}>
            {t('search.show')}
          </Button>
        </div>
      </Sheet>
    </PageFrame>
  )
}

function Chip({ isOn, onClick, children }: { isOn: boolean; onClick: () => void; children: string }) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onClick}
      className={`inline-flex h-9 shrink-0 items-center gap-1.5 rounded-full border px-4 text-sm font-semibold transition ${isOn ? 'border-ink bg-ink text-paper' : 'border-line bg-raised text-ink-2 hover:border-line-strong'}`}
    >
      {children}
      {isOn && children !== t('search.all') && <X aria-hidden="true" className="size-3.5" />}
    </button>
  )
}
