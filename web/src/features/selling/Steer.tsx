import { useState } from 'react'
import { api } from '@/api/client'
import type { Auction } from '@/api/types'
import { durationChoices } from '@/shared/durations'
import { market } from '@/shared/market'
import { t } from '@/strings/t'
import { Button } from '@/ui/Button'
import { MoneyField, Select } from '@/ui/Field'
import { Sheet } from '@/ui/Sheet'
import { useAct } from './useAct'

/** Start it now. */
export function GoLive({ auctionId }: { auctionId: string }) {
  const starting = useAct<undefined>(
    auctionId,
    () => api.post('/v1/auctions/{auction_id}/go-live', { path: { auction_id: auctionId } }),
    () => t('selling.wentLive'),
  )
  return (
    <Button size="small" busy={starting.isPending} onClick={() => starting.mutate(undefined)}>
      {t('selling.goLive')}
    </Button>
  )
}

/** Call it off, as long as nobody has bid. */
export function CallOff({ auctionId }: { auctionId: string }) {
  const calling = useAct<undefined>(
    auctionId,
    () =>
      api.post('/v1/auctions/{auction_id}/cancel', { path: { auction_id: auctionId }, body: {} as never }),
    () => t('selling.cancelled'),
  )
  return (
    <Button size="small" look="quiet" busy={calling.isPending} onClick={() => calling.mutate(undefined)}>
      {t('selling.cancel')}
    </Button>
  )
}

/** Put it up again, at the same terms or others. */
export function Relist({ auction }: { auction: Auction }) {
  const [isOpen, setOpen] = useState(false)
  const [price, setPrice] = useState<number | null>(auction.starting_price)
  const [seconds, setSeconds] = useState(auction.duration_seconds)
  const relisting = useAct<undefined>(
    auction.id,
    () =>
      api.post('/v1/auctions/{auction_id}/relist', {
        path: { auction_id: auction.id },
        body: { starting_price: price, duration_seconds: seconds },
      }),
    () => t('selling.relisted'),
  )
  return (
    <>
      <Button size="small" look="plain" onClick={() => setOpen(true)}>
        {t('selling.relist')}
      </Button>
      <Sheet title={t('selling.relistTitle')} isOpen={isOpen} onClose={() => setOpen(false)}>
        <form
          className="grid gap-5"
          onSubmit={event => {
            event.preventDefault()
            relisting.mutate(undefined, { onSuccess: () => setOpen(false) })
          }}
        >
          <MoneyField
            label={t('selling.startingPrice')}
            currency={auction.currency}
            value={price}
            onChange={setPrice}
          />
          <Select
            label={t('selling.duration')}
            value={String(seconds)}
            onChange={event => setSeconds(Number(event.target.value))}
            options={durationChoices(market.minAuctionSeconds, market.maxAuctionDays, seconds)}
          />
          <Button
            type="submit"
            size="large"
            wide
            busy={relisting.isPending}
            disabled={price === null || price <= 0}
          >
            {t('selling.relist')}
          </Button>
        </form>
      </Sheet>
    </>
  )
}
