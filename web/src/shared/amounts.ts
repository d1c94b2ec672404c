import { LOCALE } from '@/strings/t'
import { decimalText } from './money'

type Signs = 'auto' | 'always'
const formats = new Map<string, Intl.NumberFormat>()

function format(currency: string, signs: Signs): Intl.NumberFormat {
  const key = `${currency} ${signs}`
  let found = formats.get(key)
  if (!found) {
    const signDisplay = signs === 'always' ? 'exceptZero' : 'auto'
    found = new Intl.NumberFormat(LOCALE, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      signDisplay,
    })
    formats.set(key, found)
  }
  return found
}

function written(amountMinor: number, currency: string, signs: Signs): string {
  const exact = decimalText(amountMinor, currency) as Intl.StringNumericLiteral
  // A hyphen is too short to be seen in a column of figures.
  return format(currency, signs).format(exact).replace('-', '−')
}

/** `$6.00`: with all its cents, as columns of figures want it. */
export function formatExact(amountMinor: number, currency: string): string {
  return written(amountMinor, currency, 'auto')
}

/** `+$6.00`, `−$6.00`: which way it went. */
export function formatSigned(amountMinor: number, currency: string): string {
  return written(amountMinor, currency, 'always')
}

/** `6%`, `2.5%`. */
export function formatBasisPoints(points: number): string {
  return new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 2 }).format(points / 10_000)
}
