import { Link } from '@tanstack/react-router'
import { m } from '@/strings/money'
import { Notice } from '@/ui/bits'

/** Back from the provider's page: the balance moves by itself when the provider has told. */
export function TopUpReturned({ back }: { back: string | undefined }) {
  return (
    <Notice tone="good">
      <span role="status">{m('topUp.returned')}</span>
      {back && (
        <Link
          to="/orders/$orderId/pay"
          params={{ orderId: back }}
          className="mt-1 block w-fit underline underline-offset-4"
        >
          {m('topUp.back')}
        </Link>
      )}
    </Notice>
  )
}
