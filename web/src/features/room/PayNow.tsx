import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ordersQuery } from '@/api/orders'
import { t } from '@/strings/t'
import { Skeleton } from '@/ui/bits'
import { buttonClass } from '@/ui/Button'

/** For the winner: straight on to paying, or to the order once that is done. */
export function PayNow({ auctionId }: { auctionId: string }) {
  const { data, isPending } = useQuery(ordersQuery('buyer'))
  const order = data?.items.find(one => one.auction_id === auctionId)
  // As high as the button that comes.
  if (isPending) return <Skeleton className="mt-2 h-14 w-full rounded-full" />
  if (!order) return <p className="text-sm font-medium">{t('result.wonNext')}</p>
  const mayPay = order.may.includes('pay')
  return (
    <Link
      to={mayPay ? '/orders/$orderId/pay' : '/orders/$orderId'}
      params={{ orderId: order.id }}
      className={buttonClass('primary', 'large', true) + ' mt-2'}
    >
      {t(mayPay ? 'result.payNow' : 'result.toOrder')}
    </Link>
  )
}
