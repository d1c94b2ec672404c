import { expect, test } from 'vitest'
import type { Entry } from '@/api/wallet'
import { formatBasisPoints, formatExact, formatSigned } from '@/shared/amounts'
import { byDay, entryWords, lastMonth, orderOf, statementName } from './entries'

const entry = (at: string, kind = 'top_up'): Entry =>
  ({ id: at, at, kind, amount: 1, currency: 'USD', subject_id: 'o1' }) as Entry

test('amounts keep their cents and say which way they went', () => {
  expect(formatExact(600, 'USD')).toBe('$6.00')
  expect(formatSigned(-600, 'USD')).toBe('−$6.00')
  expect(formatSigned(600, 'JPY')).toBe('+¥600')
  expect(formatBasisPoints(250)).toBe('2.5%')
})

test('entries stand by day, in the order they came', () => {
  const days = byDay([
    entry('2026-11-25T12:00:00Z'),
    entry('2026-11-25T11:00:00Z'),
    entry('2026-11-23T12:00:00Z'),
  ])
  expect(days.map(day => day.entries.length)).toEqual([2, 1])
})

test('every kind has words, one that is not known too; an order’s leads there', () => {
  expect(entryWords({ kind: 'release' })).toBe('Received for a sale')
  expect(entryWords({ kind: 'some_new_kind' })).toBe('Some new kind')
  expect(orderOf(entry('2026-11-25T12:00:00Z', 'refund'))).toBe('o1')
  expect(orderOf(entry('2026-11-25T12:00:00Z'))).toBeNull()
})

test('a statement is of the last month at first, and its file says of what', () => {
  expect(lastMonth(new Date(2026, 0, 15))).toEqual({ from: '2025-12-01', to: '2025-12-31' })
  expect(statementName('USD', '2026-11-01', '2026-11-25')).toBe('outcry-USD-2026-11-01-2026-11-25.csv')
})
