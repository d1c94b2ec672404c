import { Link, useNavigate, useRouterState } from '@tanstack/react-router'
import { ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { makeOrder, type Order } from '@/api/orders'
import { ApiError } from '@/api/problem'
import type { Listing } from '@/api/types'
import { useMoneyMove } from '@/api/useMoneyMove'
import { formatMoney } from '@/shared/money'
import { t } from '@/strings/t'
import { Notice } from '@/ui/bits'
import { Button, buttonClass } from '@/ui/Button'
import { wordsFor } from '@/ui/Failure'
import { Select } from '@/ui/Field'
import { InAll } from '@/ui/InAll'

/** More at once are asked for in a message. */
const MOST_AT_ONCE = 10

/** Buy at the price: the order is made, and paying for it is next. */
export function BuyIt({
  listing,
  price,
  isSignedIn,
}: {
  listing: Listing
  price: number
  isSignedIn: boolean
}) {
  const navigate = useNavigate()
  const path = useRouterState({ select: state => state.location.pathname })
  const [quantity, setQuantity] = useState(1)
  const buying = useMoneyMove<number, Order>(
    (count, key) => makeOrder(listing.id, count, key),
    order => void navigate({ to: '/orders/$orderId/pay', params: { orderId: order.id } }),
  )
  const stock = Math.min(listing.stock, MOST_AT_ONCE)
  const amount = price * quantity
  const words = t('listing.buy', { price: formatMoney(amount, listing.currency) })
  if (!isSignedIn) {
    return (
      <Link to="/sign-up" search={{ next: path }} className={buttonClass('primary', 'large', true)}>
        {t('listing.joinToBuy')}
      </Link>
    )
  }
  return (
    <div className="grid gap-4">
      {stock > 1 && (
        <Select
          label={t('listing.quantity')}
          value={String(quantity)}
          onChange={event => setQuantity(Number(event.target.value))}
          options={Array.from(
            { length: stock },
            (_, index) => [String(index + 1), String(index + 1)] as const,
          )}
        />
      )}
      <Button
        size="large"
        wide
        className="figures"
        busy={buying.isPending}
        onClick={() => buying.mutate(quantity)}
      >
        {words}
      </Button>
      <InAll amount={amount} currency={listing.currency} />
      {buying.isError && (
        <Notice tone="bad">
          {buying.error instanceof ApiError && buying.error.code === 'out_of_stock'
            ? t('listing.outOfStock')
            : wordsFor(buying.error)}
        </Notice>
      )}
      <p className="flex items-start gap-2 text-sm text-ink-3">
        <ShieldCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
        {t('listing.protected')}
      </p>
    </div>
  )
}
