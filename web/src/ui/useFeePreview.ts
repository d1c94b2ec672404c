import { useQuery } from '@tanstack/react-query'
import { feePreviewQuery, type FeePreview } from '@/api/fees'
import { useCalm } from '@/shared/calm'

/** Somebody who types is not asked about after every key. */
const CALM_MS = 400

/** The server's sums for this price, once it has told them; null while it has not, and for no price. */
export function useFeePreview(amount: number | null, currency: string, isWanted = true): FeePreview | null {
  const calm = useCalm(amount, CALM_MS)
  const { data } = useQuery({
    ...feePreviewQuery(calm ?? 0, currency),
    enabled: isWanted && calm !== null && calm > 0,
  })
  return data && data.amount === amount ? data : null
}
