/** The rules of this deployment's market, as the server wrote them into the page. */
export interface Market {
  title: string
  currency: string
  phonePrefix: string
  timeZone: string
  minAuctionSeconds: number
  maxAuctionDays: number
  decisionHours: number
  commissionBasisPoints: number
  buyerPremiumBasisPoints: number
  taxBasisPoints: number
  /** Minor units of `currency`. */
  escrowFeeMinor: number
}

const FALLBACK: Market = {
  title: 'Outcry',
  currency: 'USD',
  phonePrefix: '',
  timeZone: 'UTC',
  minAuctionSeconds: 60,
  maxAuctionDays: 30,
  decisionHours: 48,
  commissionBasisPoints: 600,
  buyerPremiumBasisPoints: 0,
  taxBasisPoints: 0,
  escrowFeeMinor: 199,
}

/** What the page's `<script id="market">` says; what is missing there is as usual. */
export function readMarket(text: string | null | undefined): Market {
  try {
    return { ...FALLBACK, ...(JSON.parse(text ?? '{}') as Partial<Market>) }
  } catch {
    return FALLBACK
  }
}

export const market: Market = readMarket(globalThis.document.getElementById('market')?.textContent)

/** What a seller receives of a sale, and what the market keeps. The commission is rounded half to even, as the server does. */
export function feesOf(amountMinor: number, rules: Market = market): { fee: number; net: number } {
  const scaled = amountMinor * rules.commissionBasisPoints
  const whole = Math.floor(scaled / 10_000)
  const rest = scaled - whole * 10_000
  const commission = rest > 5_000 || (rest === 5_000 && whole % 2 === 1) ? whole + 1 : whole
  const fee = commission + rules.escrowFeeMinor
  return { fee, net: amountMinor - fee }
}
