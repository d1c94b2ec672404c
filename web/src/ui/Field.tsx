import {
  useId,
  useState,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
} from 'react'
import { currencySign, decimalText, parseMoney } from '@/shared/money'
import { cx } from '@/shared/cx'

const BOX =
  'w-full rounded-xl border bg-raised px-4 text-base text-ink transition placeholder:text-ink-3 focus:outline-2 focus:outline-offset-0 focus:outline-accent'

interface Frame {
  label: string
  hint?: ReactNode
  error?: string | null | undefined
}

interface Wired {
  id: string
  'aria-invalid': boolean
  'aria-describedby': string | undefined
}

function Framed({ label, hint, error, children }: Frame & { children: (wired: Wired) => ReactNode }) {
  const id = useId()
  const noteId = `${id}-note`
  const hasNote = Boolean(error ?? hint)
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-sm font-semibold">
        {label}
      </label>
      {children({ id, 'aria-invalid': Boolean(error), 'aria-describedby': hasNote ? noteId : undefined })}
      {hasNote && (
        <p
          id={noteId}
          className={cx('text-sm', error ? 'font-medium text-bad' : 'text-ink-3')}
          role={error ? 'alert' : undefined}
        >
          {error ?? hint}
        </p>
      )}
    </div>
  )
}

const edge = (error: unknown) => (error ? 'border-bad' : 'border-line hover:border-line-strong')

type FieldProps = Frame & InputHTMLAttributes<HTMLInputElement>

/** A labelled line of text; the error names what is wrong and is read out. */
export function Field({ label, hint, error, className, ...rest }: FieldProps) {
  return (
    <Framed label={label} hint={hint} error={error}>
      {wired => <input {...wired} {...rest} className={cx(BOX, 'h-12', edge(error), className)} />}
    </Framed>
  )
}

type TextProps = Frame & TextareaHTMLAttributes<HTMLTextAreaElement>

/** A labelled text of several lines. */
export function TextField({ label, hint, error, className, ...rest }: TextProps) {
  return (
    <Framed label={label} hint={hint} error={error}>
      {wired => (
        <textarea {...wired} {...rest} className={cx(BOX, 'min-h-32 py-3', edge(error), className)} />
      )}
    </Framed>
  )
}

interface SelectProps extends Frame, SelectHTMLAttributes<HTMLSelectElement> {
  options: readonly (readonly [value: string, text: string])[]
}

/** A labelled choice; the machine's own control, which every phone knows how to show. */
export function Select({ label, hint, error, options, className, ...rest }: SelectProps) {
  return (
    <Framed label={label} hint={hint} error={error}>
      {wired => (
        <select {...wired} {...rest} className={cx(BOX, 'h-12 appearance-auto', edge(error), className)}>
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Framed>
  )
}

interface MoneyProps extends Frame {
  currency: string
  /** Minor units; null while what is typed is no amount. */
  value: number | null
  onChange: (amountMinor: number | null) => void
  placeholder?: string
  big?: boolean
}

/** An amount of money, typed as people type it, given on as minor units. */
export function MoneyField({
  label,
  hint,
  error,
  currency,
  value,
  onChange,
  placeholder,
  big = false,
}: MoneyProps) {
  const [typed, setTyped] = useState(() => (value === null ? '' : decimalText(value, currency)))
  const shown = parseMoney(typed, currency) === value || value === null ? typed : decimalText(value, currency)
  return (
    <Framed label={label} hint={hint} error={error}>
      {wired => (
        <div className="relative">
          <span
            aria-hidden="true"
            className={cx(
              'pointer-events-none absolute inset-y-0 left-4 flex items-center font-semibold text-ink-3',
              big && 'text-2xl',
            )}
          >
            {currencySign(currency)}
          </span>
          <input
            {...wired}
            inputMode="decimal"
            autoComplete="off"
            placeholder={placeholder}
            value={shown}
            onChange={event => {
              setTyped(event.target.value)
              onChange(parseMoney(event.target.value, currency))
            }}
            className={cx(
              BOX,
              'figures font-semibold',
              big ? 'h-16 text-2xl' : 'h-12',
              currencySign(currency).length > 1 ? 'pl-16' : 'pl-10',
              edge(error),
            )}
          />
        </div>
      )}
    </Framed>
  )
}

interface CheckProps extends InputHTMLAttributes<HTMLInputElement> {
  children: ReactNode
  error?: string | null | undefined
}

/** A tick with its words. */
export function Check({ children, error, ...rest }: CheckProps) {
  return (
    <label className="flex cursor-pointer items-start gap-3 text-sm leading-snug">
      <input
        type="checkbox"
        {...rest}
        aria-invalid={Boolean(error)}
        className={cx('mt-0.5 size-5 shrink-0 accent-(--accent)', error && 'outline-2 outline-bad')}
      />
      <span className={cx(error ? 'text-bad' : 'text-ink-2')}>{children}</span>
    </label>
  )
}
