import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plus, Store } from 'lucide-react'
import { api } from '@/api/client'
import type { Auction, Listing, Page } from '@/api/types'
import { useLiveAuction } from '@/live/auctions'
import { formatDateTime } from '@/shared/dates'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { AuctionRow, Rows } from '@/ui/AuctionRow'
import { Badge, EmptyState, Picture, Skeleton } from '@/ui/bits'
import { buttonClass } from '@/ui/Button'
import { Failure } from '@/ui/Failure'
import { PageFrame, Section } from '@/ui/Grid'
import { pictureUrl } from '@/ui/listings'
import { SignedIn } from '@/ui/SignedIn'
import { Decide } from './Decide'
import { CallOff, GoLive, Relist } from './Steer'

const SHOWN = 100
const FOLLOWED = 20

/** What the person sells: what waits for a decision first. */
export function MyAuctionsPage() {
  useTitle(t('selling.title'))
  return (
    <PageFrame title={t('selling.title')} lead={t('selling.lead')}>
      <SignedIn>{user => <Mine userId={user.id} />}</SignedIn>
    </PageFrame>
  )
}

function Mine({ userId }: { userId: string }) {
  const auctions = useQuery({
    queryKey: ['mine', 'auctions'],
    queryFn: async () =>
      (await api.get('/v1/auctions', {
        query: { seller: userId, limit: SHOWN },
      })) as unknown as Page<Auction>,
  })
  const listings = useQuery({
    queryKey: ['mine', 'listings'],
    queryFn: async () =>
      (await api.get('/v1/listings', {
        query: { seller: userId, limit: SHOWN },
      })) as unknown as Page<Listing>,
  })
  if (auctions.isPending || listings.isPending) {
    return (
      <div className="grid gap-3">
        {[0, 1, 2].map(index => (
          <Skeleton key={index} className="h-28 rounded-2xl" />
        ))}
      </div>
    )
  }
  const failed = auctions.error ?? listings.error
  if (failed || !auctions.data || !listings.data) {
    return (
      <Failure
        error={failed}
        retry={() => {
          void auctions.refetch()
          void listings.refetch()
        }}
      />
    )
  }
  const all = auctions.data.items
  const deciding = all.filter(one => one.status === 'awaiting_decision')
  const running = all.filter(one => one.status === 'live' || one.status === 'scheduled')
  const over = all.filter(one => !deciding.includes(one) && !running.includes(one))
  // A listing that is free again after an unsold auction is put up again from there.
  const drafts = listings.data.items.filter(one => one.status === 'draft' && one.auction_id === null)
  if (all.length === 0 && drafts.length === 0) {
    return (
      <EmptyState icon={<Store className="size-7" />} title={t('selling.emptyTitle')} action={<SellLink />}>
        {t('selling.empty')}
      </EmptyState>
    )
  }
  const relisted = new Set(all.map(one => one.relisted_from))
  return (
    <>
      <div className="-mt-4">
        <SellLink />
      </div>
      {deciding.length > 0 && (
        <Section title={t('selling.decide')}>
          <Rows>
            {deciding.map(auction => (
              <Decide key={auction.id} auction={auction} />
            ))}
          </Rows>
        </Section>
      )}
      {running.length > 0 && (
        <Section title={t('selling.live')}>
          <Rows>
            {running.map((auction, index) => (
              <Running key={auction.id} auction={auction} isFollowed={index < FOLLOWED} />
            ))}
          </Rows>
        </Section>
      )}
      {drafts.length > 0 && (
        <Section title={t('selling.drafts')} lead={t('selling.draftsLead')}>
          <Rows>
            {drafts.map(listing => (
              <DraftRow key={listing.id} listing={listing} />
            ))}
          </Rows>
        </Section>
      )}
      {over.length > 0 && (
        <Section title={t('selling.over')}>
          <Rows>
            {over.map(auction => (
              <AuctionRow key={auction.id} auction={auction}>
                {(auction.status === 'unsold' || auction.status === 'cancelled') &&
                  !relisted.has(auction.id) && <Relist auction={auction} />}
              </AuctionRow>
            ))}
          </Rows>
        </Section>
      )}
    </>
  )
}

function Running({ auction: listed, isFollowed }: { auction: Auction; isFollowed: boolean }) {
  const auction = useLiveAuction(listed.id, isFollowed) ?? listed
  const isWaiting = auction.status === 'scheduled'
  return (
    <AuctionRow
      auction={auction}
      note={
        isWaiting &&
        (auction.starts_at
          ? t('selling.startsAt', { at: formatDateTime(auction.starts_at) })
          : t('selling.waitingForYou'))
      }
    >
      {isWaiting && <GoLive auctionId={auction.id} />}
      {auction.bid_count === 0 && <CallOff auctionId={auction.id} />}
    </AuctionRow>
  )
}

function DraftRow({ listing }: { listing: Listing }) {
  return (
    <li className="flex items-center gap-4 rounded-2xl border border-line bg-raised p-3">
      <Picture src={pictureUrl(listing.media[0], 'thumb')} alt="" className="size-16 shrink-0 rounded-xl" />
      <div className="min-w-0 flex-1">
        <Badge>{t('listing.draft')}</Badge>
        <p className="mt-1 truncate font-semibold">{listing.title}</p>
      </div>
      <Link
        to="/sell/$listingId"
        params={{ listingId: listing.id }}
        className={buttonClass('plain', 'small')}
      >
        {t('selling.edit')}
      </Link>
    </li>
  )
}

function SellLink() {
  return (
    <Link to="/sell" className={buttonClass()}>
      <Plus aria-hidden="true" className="size-4.5" />
      {t('selling.new')}
    </Link>
  )
}
