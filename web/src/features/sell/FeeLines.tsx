import { feesOf } from '@/shared/market'
import { formatMoney } from '@/shared/money'
import { t } from '@/strings/t'
import { MoneyLines } from '@/ui/MoneyLines'
import { useFeePreview } from '@/ui/useFeePreview'

/** What the seller receives for a sale at this price, by the server's sums; about what, while it has not told them. */
export function FeeLines({ amount, currency }: { amount: number; currency: string }) {
  const preview = useFeePreview(amount, currency)
  const about = feesOf(amount)
  const net = preview?.seller_receives ?? Math.max(about.net, 0)
  const fee = preview ? preview.commission + preview.escrow_fee : about.fee
  return (
    <div className="grid gap-4 rounded-2xl bg-sunken p-5">
      <p className="text-sm font-medium" aria-live="polite">
        {t(preview ? 'sell.fee' : 'sell.feeAbout', {
          price: formatMoney(amount, currency),
          net: formatMoney(net, currency),
          fee: formatMoney(fee, currency),
        })}
      </p>
      {preview && (
        <MoneyLines
          currency={currency}
          lines={[
            { name: t('sell.feeSold'), amount },
            { name: t('sell.feeCommission'), amount: -preview.commission },
            { name: t('sell.feeEscrow'), amount: -preview.escrow_fee },
            { name: t('sell.feeReceive'), amount: preview.seller_receives, look: 'sum' },
          ]}
        />
      )}
    </div>
  )
}
