import type { Entry } from '@/api/wallet'
import { m } from '@/strings/money'

const WORDS: Record<string, string> = {
  top_up: m('entry.top_up'),
  order_paid: m('entry.order_paid'),
  release: m('entry.release'),
  refund: m('entry.refund'),
  refund_failed: m('entry.refund_failed'),
  withdrawal: m('entry.withdrawal'),
  withdrawal_failed: m('entry.withdrawal_failed'),
  chargeback: m('entry.chargeback'),
  gas: m('entry.gas'),
  grant: m('entry.grant'),
  hold: m('entry.hold'),
  hold_changed: m('entry.hold_changed'),
  hold_released: m('entry.hold_released'),
  hold_captured: m('entry.hold_captured'),
}

/** What an entry of the ledger means, in plain words. */
export function entryWords(entry: Pick<Entry, 'kind'>): string {
  const known = WORDS[entry.kind]
  if (known) return known
  // A kind this client does not know yet still stands, with the server's own word.
  return entry.kind.charAt(0).toUpperCase() + entry.kind.slice(1).replaceAll('_', ' ')
}

const PAGES = new Set(['order_paid', 'release', 'refund', 'chargeback'])

/** The order an entry is about; null when it is about something else. */
export const orderOf = (entry: Entry): string | null => (PAGES.has(entry.kind) ? entry.subject_id : null)

export interface Day {
  /** `2026-11-25`, in the person's own time zone. */
  day: string
  entries: Entry[]
}

/** Entries by the day they fell on, in the order they came. Pure. */
export function byDay(entries: readonly Entry[]): Day[] {
  const days: Day[] = []
  for (const entry of entries) {
    const day = dayOf(new Date(entry.at))
    const last = days.at(-1)
    if (last?.day === day) last.entries.push(entry)
    else days.push({ day, entries: [entry] })
  }
  return days
}

const two = (value: number) => String(value).padStart(2, '0')

/** `2026-11-25`, in the person's own time zone. */
export function dayOf(at: Date): string {
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** What a statement's file is called. */
export function statementName(currency: string, from: string, to: string): string {
  return `outcry-${currency}-${from}-${to}.csv`
}

/** The first and the last day of the month before `now`. */
export function lastMonth(now: Date): { from: string; to: string } {
  const from = new Date(now.getFullYear(), now.getMonth() - 1, 1)
  const to = new Date(now.getFullYear(), now.getMonth(), 0)
  return { from: dayOf(from), to: dayOf(to) }
}
