import type { ReactNode } from 'react'
import { cx } from '@/shared/cx'

interface Props {
  title?: string
  /** Beside the title, at the end. */
  aside?: ReactNode
  tone?: 'plain' | 'accent' | 'good' | 'warn'
  className?: string
  children: ReactNode
}

const TONES = {
  plain: 'border-line bg-raised',
  accent: 'border-accent bg-raised ring-1 ring-accent',
  good: 'border-transparent bg-good-soft',
  warn: 'border-transparent bg-warn-soft',
}

/** A part of a page that belongs together. */
export function Card({ title, aside, tone = 'plain', className, children }: Props) {
  return (
    <section
      className={cx(
        'grid grid-cols-1 content-start gap-4 rounded-3xl border p-5 sm:p-6',
        TONES[tone],
        className,
      )}
    >
      {title && (
        <div className="flex items-center justify-between gap-4">
          <h2 className="text-xl font-bold">{title}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  )
}
