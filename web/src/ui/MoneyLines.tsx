import type { ReactNode } from 'react'
import { formatExact } from '@/shared/amounts'
import { cx } from '@/shared/cx'

export interface MoneyLine {
  name: string
  /** A word below the name. */
  note?: ReactNode
  /** Minor units; with its sign. */
  amount: number
  /** `sum` stands below a rule, in large figures; `quiet` for what is said by the way. */
  look?: 'sum' | 'quiet'
}

/** A sum that can be checked: what it is made of, line by line, and what comes out. */
export function MoneyLines({ lines, currency }: { lines: readonly MoneyLine[]; currency: string }) {
  return (
    <dl className="grid gap-2.5">
      {lines.map(line => (
        <div
          key={line.name}
          className={cx(
            'flex items-baseline justify-between gap-6',
            line.look === 'sum' && 'mt-1 border-t border-line pt-3.5',
          )}
        >
          <dt className={line.look === 'sum' ? 'font-bold' : 'text-ink-2'}>
            {line.name}
            {line.note && <span className="block text-sm text-ink-3">{line.note}</span>}
          </dt>
          <dd
            className={cx(
              'figures shrink-0 whitespace-nowrap',
              line.look === 'sum'
                ? 'font-display text-2xl font-bold tracking-tight'
                : line.look === 'quiet'
                  ? 'text-ink-3'
                  : 'font-medium',
            )}
          >
            {formatExact(line.amount, currency)}
          </dd>
        </div>
      ))}
    </dl>
  )
}
