import { useState } from 'react'
import { api } from '@/api/client'
import type { Auction } from '@/api/types'
import { formatDateTime } from '@/shared/dates'
import { formatMoney } from '@/shared/money'
import { t } from '@/strings/t'
import { AuctionRow } from '@/ui/AuctionRow'
import { Button } from '@/ui/Button'
import { MoneyField } from '@/ui/Field'
import { Sheet } from '@/ui/Sheet'
import { useAct } from './useAct'

interface Decision {
  action: 'accept' | 'reject' | 'counter'
  amount?: number
}
const DONE = {
  accept: 'selling.accepted',
  reject: 'selling.rejected',
  counter: 'selling.counterSent',
} as const

/** An auction that has ended below its reserve, or that the seller wanted to decide: sell, do not, or name a price. */
export function Decide({ auction }: { auction: Auction }) {
  const [isOpen, setOpen] = useState(false)
  const [amount, setAmount] = useState<number | null>(null)
  const deciding = useAct<Decision>(
    auction.id,
    decision =>
      api.post('/v1/auctions/{auction_id}/decision', { path: { auction_id: auction.id }, body: decision }),
    decision => t(DONE[decision.action]),
  )
  const bid = auction.current_price ?? auction.starting_price
  const highest = formatMoney(bid, auction.currency)
  const isTooLow = amount !== null && amount <= bid
  const busy = (action: Decision['action']) => deciding.isPending && deciding.variables.action === action
  return (
    <AuctionRow
      auction={auction}
      note={auction.decide_by && t('selling.decideLead', { at: formatDateTime(auction.decide_by) })}
    >
      <Button size="small" busy={busy('accept')} onClick={() => deciding.mutate({ action: 'accept' })}>
        {t('selling.accept', { amount: highest })}
      </Button>
      <Button size="small" look="plain" onClick={() => setOpen(true)}>
        {t('selling.counter')}
      </Button>
      <Button
        size="small"
        look="quiet"
        busy={busy('reject')}
        onClick={() => deciding.mutate({ action: 'reject' })}
      >
        {t('selling.reject')}
      </Button>
      <Sheet title={t('selling.counterTitle')} isOpen={isOpen} onClose={() => setOpen(false)}>
        <form
          className="grid gap-5"
          onSubmit={event => {
            event.preventDefault()
            if (amount !== null && !isTooLow)
              deciding.mutate({ action: 'counter', amount }, { onSuccess: () => setOpen(false) })
          }}
        >
          <MoneyField
            label={t('selling.counterLabel')}
            hint={t('selling.counterHint', { amount: highest })}
            error={isTooLow ? t('bid.atLeast', { amount: formatMoney(bid + 1, auction.currency) }) : null}
            currency={auction.currency}
            value={amount}
            onChange={setAmount}
            big
          />
          <Button
            type="submit"
            size="large"
            wide
            busy={busy('counter')}
            disabled={amount === null || isTooLow}
          >
            {t('selling.counterSend')}
          </Button>
        </form>
      </Sheet>
    </AuctionRow>
  )
}
