import { ImageOff } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { cx } from '@/shared/cx'
import { moneyParts } from '@/shared/money'

export type BadgeTone = 'neutral' | 'live' | 'good' | 'warn' | 'bad'
const BADGES: Record<BadgeTone, string> = {
  neutral: 'bg-sunken text-ink-2',
  live: 'bg-accent text-on-accent',
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
}

/** A word about the state of something. */
export function Badge({ tone = 'neutral', children }: { tone?: BadgeTone; children: ReactNode }) {
  return (
    <span
      className={cx(
        'inline-flex items-center gap-1.5 rounded-full px-2.5 py-1 text-xs leading-none font-bold tracking-wide',
        BADGES[tone],
      )}
    >
      {tone === 'live' && (
        <span aria-hidden="true" className="size-1.5 animate-beat rounded-full bg-current" />
      )}
      {children}
    </span>
  )
}

/** Money as the hero: whole figures large, cents small. */
export function Price({
  amount,
  currency,
  className,
}: {
  amount: number
  currency: string
  className?: string
}) {
  const { before, whole, fraction, after } = moneyParts(amount, currency)
  return (
    <span className={cx('figures font-display font-bold tracking-tight whitespace-nowrap', className)}>
      {before && <span className="mr-px text-[0.72em] font-semibold opacity-70">{before}</span>}
      {whole}
      {fraction && <span className="text-[0.62em] opacity-80">{fraction}</span>}
      {after && <span className="text-[0.6em] opacity-70">{after}</span>}
    </span>
  )
}

/** Something is on its way: the shape of what will stand here. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <div
      aria-hidden="true"
      data-skeleton=""
      className={cx(
        'animate-sheen rounded-xl bg-[linear-gradient(90deg,var(--sunken)_25%,var(--line)_50%,var(--sunken)_75%)] bg-[length:200%_100%]',
        className,
      )}
    />
  )
}

interface EmptyProps {
  icon?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
}

/** Nothing here, and what to do next. */
export function EmptyState({ icon, title, children, action }: EmptyProps) {
  return (
    <div className="mx-auto grid max-w-md grid-cols-1 justify-items-center gap-3 px-6 py-16 text-center">
      {icon && (
        <div className="mb-1 grid size-16 place-items-center rounded-full bg-sunken text-ink-3">{icon}</div>
      )}
      <h2 className="text-xl font-bold">{title}</h2>
      {children && <p className="text-ink-2">{children}</p>}
      {action && <div className="mt-3">{action}</div>}
    </div>
  )
}

interface PictureProps {
  src: string | null | undefined
  alt: string
  className?: string
  /** The picture that matters most on the page: fetched first. */
  isFirst?: boolean
  /** How wide it is shown, as `<img sizes>` has it: then a smaller one is fetched where it will do. */
  sizes?: string
  /** The sizes it is there in, as `<img srcset>` has them; a card's picture tells them by its address. */
  sources?: string | undefined
}

/** How wide a card's picture is in the grid: `Grid` with its margins and gaps. */
export const CARD_SIZES = '(min-width: 1280px) 290px, (min-width: 768px) 33vw, calc(50vw - 1.5rem)'

const CARD = /^(\/media\/[\w-]+\/)card\.webp$/

/** The sizes a picture of a card is there in; undefined when the address is not one of ours. */
function sourcesOf(src: string): string | undefined {
  const folder = CARD.exec(src)?.[1]
  return folder && `${folder}thumb.webp 320w, ${folder}card.webp 640w`
}

/** A photograph that keeps its place while it loads, and says so when it does not come. */
export function Picture({ src, alt, className, isFirst = false, sizes, sources }: PictureProps) {
  const [failed, setFailed] = useState(false)
  return (
    <div className={cx('relative overflow-hidden bg-sunken', className)}>
      {src && !failed ? (
        <img
          {...(sizes && { srcSet: sources ?? sourcesOf(src), sizes })}
          src={src}
          alt={alt}
          loading={isFirst ? 'eager' : 'lazy'}
          fetchPriority={isFirst ? 'high' : 'auto'}
          decoding="async"
          onError={() => setFailed(true)}
          className="absolute inset-0 size-full object-cover"
        />
      ) : (
        <div
          className="absolute inset-0 grid place-items-center text-ink-3"
          {...(alt ? { role: 'img', 'aria-label': alt } : { 'aria-hidden': true })}
        >
          <ImageOff className="size-7" aria-hidden="true" />
        </div>
      )}
    </div>
  )
}

/** A person without a face: the first letters of the name. */
export function Avatar({ name, className }: { name: string; className?: string }) {
  const letters = name
    .split(/\s+/)
    .map(word => /^[\p{L}\p{N}]/u.exec(word)?.[0] ?? '')
    .slice(0, 2)
    .join('')
    .toUpperCase()
  return (
    <span
      aria-hidden="true"
      className={cx(
        'grid size-9 shrink-0 place-items-center rounded-full bg-sunken text-xs font-bold text-ink-2',
        className,
      )}
    >
      {letters}
    </span>
  )
}

/** A sentence the person must not miss. */
export function Notice({
  tone,
  children,
}: {
  tone: 'good' | 'warn' | 'bad' | 'neutral'
  children: ReactNode
}) {
  return (
    <div
      role={tone === 'bad' ? 'alert' : undefined}
      className={cx('rounded-2xl px-4 py-3 text-sm font-medium', BADGES[tone])}
    >
      {children}
    </div>
  )
}
