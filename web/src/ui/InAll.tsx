import { formatExact } from '@/shared/amounts'
import { market } from '@/shared/market'
import { t } from '@/strings/t'
import { useFeePreview } from './useFeePreview'

/** What a bid comes to with all that is added to it; nothing in a market that adds nothing. */
export function InAll({ amount, currency }: { amount: number | null; currency: string }) {
  const adds = market.buyerPremiumBasisPoints > 0 || market.taxBasisPoints > 0
  const preview = useFeePreview(amount, currency, adds)
  if (!adds || amount === null) return null
  const parts = [
    ...(market.buyerPremiumBasisPoints > 0 ? [t('bid.premium')] : []),
    ...(market.taxBasisPoints > 0 ? [t('bid.tax')] : []),
  ]
  const [one = '', other] = parts
  return (
    // As high as its one line before the sums are known.
    <p className="figures min-h-5 text-center text-sm text-ink-2" aria-live="polite">
      {preview &&
        t('bid.inAll', {
          amount: formatExact(preview.buyer_pays, currency),
          parts: other === undefined ? one : t('bid.and', { one, other }),
        })}
    </p>
  )
}
