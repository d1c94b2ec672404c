import type { ButtonHTMLAttributes, ReactNode } from 'react'
import { cx } from '@/shared/cx'

export type Look = 'primary' | 'plain' | 'quiet' | 'danger'
export type Size = 'small' | 'medium' | 'large'

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong active:scale-[0.985]',
  plain: 'bg-raised text-ink border border-line hover:border-line-strong active:scale-[0.985]',
  quiet: 'text-ink-2 hover:bg-sunken hover:text-ink',
  danger: 'bg-bad-soft text-bad hover:brightness-95',
}
const SIZES: Record<Size, string> = {
  small: 'h-9 px-3.5 text-sm gap-1.5',
  medium: 'h-11 px-5 text-[0.95rem] gap-2',
  large: 'h-14 px-6 text-lg gap-2.5',
}

/** The classes of a button, for links that look like one. */
export function buttonClass(look: Look = 'primary', size: Size = 'medium', wide = false): string {
  return cx(
    'inline-flex select-none items-center justify-center rounded-full font-semibold whitespace-nowrap transition',
    'disabled:opacity-50 disabled:active:scale-100',
    LOOKS[look],
    SIZES[size],
    wide && 'w-full',
  )
}

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look
  size?: Size
  wide?: boolean
  busy?: boolean
  children: ReactNode
}

/** A button. While `busy` it cannot be pressed again and says so to screen readers. */
export function Button({ look, size, wide, busy = false, children, className, disabled, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy}
      className={cx(buttonClass(look, size, wide), className)}
    >
      {busy && (
        <span
          aria-hidden="true"
          className="size-4 animate-spin rounded-full border-2 border-current border-t-transparent opacity-70"
        />
      )}
      {children}
    </button>
  )
}

interface IconProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  label: string
  children: ReactNode
}

/** A button that is only a picture; `label` is what it says. */
export function IconButton({ label, children, className, ...rest }: IconProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={cx(
        'inline-flex size-11 shrink-0 items-center justify-center rounded-full text-ink-2 transition hover:bg-sunken hover:text-ink',
        className,
      )}
    >
      {children}
    </button>
  )
}
