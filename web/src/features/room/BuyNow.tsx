import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '@/api/client'
import { auctionKey } from '@/live/auctions'
import type { LiveAuction } from '@/live/auctionState'
import { formatMoney } from '@/shared/money'
import { t } from '@/strings/t'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Sheet } from '@/ui/Sheet'
import { refusalWords } from './BidBox'

/** End it now, at the seller's price: asked once more before it is done. */
export function BuyNow({ auction, isFresh }: { auction: LiveAuction; isFresh: boolean }) {
  const [isOpen, setOpen] = useState(false)
  const queryClient = useQueryClient()
  const buying = useMutation({
    mutationFn: () => api.post('/v1/auctions/{auction_id}/buy-now', { path: { auction_id: auction.id } }),
    onSuccess: () => {
      setOpen(false)
      void queryClient.invalidateQueries({ queryKey: auctionKey(auction.id) })
      void queryClient.invalidateQueries({ queryKey: ['mine'] })
    },
  })
  if (auction.buy_now_price === null) return null
  const price = formatMoney(auction.buy_now_price, auction.currency)
  return (
    <>
      <Button look="plain" wide disabled={!isFresh} onClick={() => setOpen(true)} className="figures">
        {t('buyNow.button', { price })}
      </Button>
      <Sheet title={t('buyNow.title')} isOpen={isOpen} onClose={() => setOpen(false)}>
        <div className="grid gap-5">
          <p className="text-ink-2">{t('buyNow.explain', { price })}</p>
          {buying.isError && <Notice tone="bad">{refusalWords(buying.error, auction.currency)}</Notice>}
          <Button size="large" wide busy={buying.isPending} onClick={() => buying.mutate()}>
            {t('buyNow.confirm', { price })}
          </Button>
        </div>
      </Sheet>
    </>
  )
}
