/** Money is an integer of minor units beside its currency; it is never a float on its way to or from the server. */

export const MAX_AMOUNT_MINOR = 1_000_000_000_000_000

const LOCALE = 'en'
const formats = new Map<string, Intl.NumberFormat>()
const digitsOf = new Map<string, number>()

function format(currency: string, trailing: 'auto' | 'stripIfInteger'): Intl.NumberFormat {
  const key = `${currency} ${trailing}`
  let found = formats.get(key)
  if (!found) {
    found = new Intl.NumberFormat(LOCALE, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      trailingZeroDisplay: trailing,
    })
    formats.set(key, found)
  }
  return found
}

/** How many digits stand behind the point: 2 for USD, 0 for JPY, 3 for KWD. */
export function minorDigits(currency: string): number {
  let digits = digitsOf.get(currency)
  if (digits === undefined) {
    digits = format(currency, 'auto').resolvedOptions().maximumFractionDigits ?? 2
    digitsOf.set(currency, digits)
  }
  return digits
}

/** Minor units as a decimal text: `decimalText(-5, 'USD')` is `-0.05`. Exact. */
export function decimalText(amountMinor: number, currency: string): string {
  const digits = minorDigits(currency)
  const sign = amountMinor < 0 ? '-' : ''
  const whole = String(Math.abs(amountMinor)).padStart(digits + 1, '0')
  const cut = whole.length - digits
  return digits === 0 ? sign + whole : `${sign}${whole.slice(0, cut)}.${whole.slice(cut)}`
}

// Intl takes a decimal text without going through a float; its types know only templates of that shape.
const exact = (amountMinor: number, currency: string) =>
  decimalText(amountMinor, currency) as Intl.StringNumericLiteral

/** `$420`, `$420.50`: cents only when there are any. */
export function formatMoney(amountMinor: number, currency: string): string {
  return format(currency, 'stripIfInteger').format(exact(amountMinor, currency))
}

export interface MoneyParts {
  /** What stands before the figures: `$`, or nothing. */
  before: string
  whole: string
  /** With its point: `.50`; empty when there are no cents. */
  fraction: string
  /** What stands behind the figures, for currencies and languages that want it there. */
  after: string
}

/** The same text as `formatMoney`, cut where a large price wants smaller type. */
export function moneyParts(amountMinor: number, currency: string): MoneyParts {
  const made: MoneyParts = { before: '', whole: '', fraction: '', after: '' }
  for (const part of format(currency, 'stripIfInteger').formatToParts(exact(amountMinor, currency))) {
    if (part.type === 'decimal' || part.type === 'fraction') made.fraction += part.value
    else if (part.type === 'integer' || part.type === 'group') made.whole += part.value
    else if (made.whole) made.after += part.value
    else made.before += part.value
  }
  return made
}

/** The currency's sign as it stands beside amounts: `$`, `€`, `KGS`. */
export function currencySign(currency: string): string {
  const parts = format(currency, 'auto').formatToParts(0)
  return parts.find(part => part.type === 'currency')?.value ?? currency
}

/**
 * What a person typed, as minor units; null when it is not an amount of this currency. Takes `1234.5`, `1,234.50`,
 * `1 234,50` and `€ 1.234`: the last point or comma is the decimal one when few enough digits follow it.
 */
export function parseMoney(typed: string, currency: string): number | null {
  const digits = minorDigits(currency)
  const text = typed.replace(/[\s\u00a0\u202f'’]/g, '').replace(/^[^\d.,-]+|[^\d.,]+$/g, '')
  if (!/^\d[\d.,]*$|^[.,]\d+$/.test(text)) return null
  const last = Math.max(text.lastIndexOf('.'), text.lastIndexOf(','))
  const behind = last < 0 ? '' : text.slice(last + 1)
  const mark = text[last]
  const repeated = last >= 0 && text.indexOf(mark ?? '') !== last
  const isDecimal = last >= 0 && !repeated && behind.length <= digits
  if (last >= 0 && !isDecimal && !/^\d{1,3}([.,]\d{3})+$/.test(text)) return null
  const front = isDecimal ? text.slice(0, last) : text
  if (/[.,]/.test(front) && !/^\d{1,3}([.,]\d{3})+$/.test(front)) return null
  const whole = front.replace(/[.,]/g, '') || '0'
  const amount = Number(whole + (isDecimal ? behind : '').padEnd(digits, '0'))
  return Number.isSafeInteger(amount) && amount <= MAX_AMOUNT_MINOR ? amount : null
}
