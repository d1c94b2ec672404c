import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { BookOpenText, Search } from 'lucide-react'
import { useState } from 'react'
import { formatExact, formatSigned } from '@/shared/amounts'
import { cx } from '@/shared/cx'
import { formatDateTime } from '@/shared/dates'
import { s } from '@/strings/staff'
import { t } from '@/strings/t'
import { EmptyState, Notice, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Failure } from '@/ui/Failure'
import { Field } from '@/ui/Field'
import {
  accountEntriesQuery,
  accountsQuery,
  transferQuery,
  type LedgerAccount,
  type LedgerEntry,
  type LedgerTransfer,
} from './calls'
import { StaffFrame } from './StaffFrame'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Amounts of gas are units, not money. */
const inCurrency = (amount: number, currency: string, signed = false) =>
  currency === 'GAS'
    ? `${signed && amount > 0 ? '+' : ''}${String(amount)} GAS`
    : (signed ? formatSigned : formatExact)(amount, currency)

/** The books: the accounts of a person or an order, an account's entries, a transfer's legs. */
export function LedgerPage() {
  return (
    <StaffFrame title={s('ledger.title')}>
      <LookUp />
    </StaffFrame>
  )
}

function LookUp() {
  const { id = '' } = useSearch({ from: '/staff/ledger' })
  const navigate = useNavigate({ from: '/staff/ledger' })
  const [typed, setTyped] = useState(id)
  const isId = UUID.test(typed.trim())
  const look = (next: string) => void navigate({ search: { id: next } })
  return (
    <div className="grid grid-cols-1 gap-6">
      <form
        role="search"
        className="grid max-w-2xl gap-3 sm:grid-cols-[1fr_auto] sm:items-end"
        onSubmit={event => {
          event.preventDefault()
          if (isId) look(typed.trim())
        }}
      >
        <Field
          label={s('ledger.id')}
          value={typed}
          spellCheck={false}
          autoComplete="off"
          onChange={event => setTyped(event.target.value)}
          error={typed.trim() !== '' && !isId ? s('ledger.notId') : null}
          className="font-mono text-sm!"
        />
        <Button
          type="submit"
          className={cx('h-12!', typed.trim() !== '' && !isId && 'sm:mb-7')}
          disabled={!isId}
        >
          <Search aria-hidden="true" className="size-5" />
          {s('ledger.look')}
        </Button>
      </form>
      {id === '' ? (
        <EmptyState icon={<BookOpenText className="size-7" />} title={s('ledger.start')}>
          {s('ledger.startLead')}
        </EmptyState>
      ) : (
        <Found
          key={id}
          id={id}
          look={next => {
            setTyped(next)
            look(next)
          }}
        />
      )}
    </div>
  )
}

/** Nobody need know what kind of id it is: it is looked for as each. */
function Found({ id, look }: { id: string; look: (id: string) => void }) {
  const accounts = useQuery(accountsQuery(id))
  const entries = useInfiniteQuery({ ...accountEntriesQuery(id), retry: false })
  const transfer = useQuery(transferQuery(id))
  if (accounts.isPending || entries.isPending || transfer.isPending)
    return <Skeleton className="h-64 rounded-3xl" />
  if (accounts.isError) return <Failure error={accounts.error} retry={() => void accounts.refetch()} />
  const owned = accounts.data.items
  const lines = entries.data?.pages.flatMap(page => page.items) ?? []
  if (owned.length === 0 && lines.length === 0 && !transfer.data)
    return <Notice tone="neutral">{s('ledger.nothing')}</Notice>
  return (
    <div className="grid grid-cols-1 gap-6">
      {owned.length > 0 && <Accounts accounts={owned} look={look} />}
      {transfer.data && <Transfer transfer={transfer.data} look={look} />}
      {lines.length > 0 && (
        <Entries
          accountId={id}
          entries={lines}
          look={look}
          more={entries.hasNextPage ? () => void entries.fetchNextPage() : null}
          isFetching={entries.isFetchingNextPage}
        />
      )}
    </div>
  )
}

function Entries({
  accountId,
  entries,
  look,
  more,
  isFetching,
}: {
  accountId: string
  entries: LedgerEntry[]
  look: (id: string) => void
  more: (() => void) | null
  isFetching: boolean
}) {
  // Entries do not name their account's currency; any of its transfers does.
  const some = useQuery(transferQuery(entries[0]?.transfer_id ?? ''))
  const account = some.data?.legs.find(leg => leg.account.id === accountId)?.account
  if (!account) return <Skeleton className="h-64 rounded-3xl" />
  return (
    <Card
      title={s('ledger.entries')}
      aside={
        <span className="text-sm text-ink-3">
          {account.kind} · {account.currency}
        </span>
      }
    >
      <ul className="grid grid-cols-1 divide-y divide-line">
        {entries.map(entry => (
          <li key={entry.seq} className="flex items-baseline justify-between gap-4 py-3">
            <button
              type="button"
              onClick={() => look(entry.transfer_id)}
              className="min-w-0 text-left hover:text-accent"
            >
              <span className="block font-medium underline decoration-line-strong underline-offset-4">
                {entry.kind}
              </span>
              <span className="block text-sm text-ink-3">
                {s('ledger.seq', { n: entry.seq })} · {formatDateTime(entry.at)}
              </span>
            </button>
            <span className="figures shrink-0 text-right">
              <span className="block font-semibold">{inCurrency(entry.amount, account.currency, true)}</span>
              <span className="block text-sm text-ink-3">
                {inCurrency(entry.balance_after, account.currency)}
              </span>
            </span>
          </li>
        ))}
      </ul>
      {more && (
        <Button look="plain" busy={isFetching} onClick={more}>
          {t('app.more')}
        </Button>
      )}
    </Card>
  )
}

function Accounts({ accounts, look }: { accounts: LedgerAccount[]; look: (id: string) => void }) {
  return (
    <Card title={s('ledger.accounts')}>
      <ul className="grid grid-cols-1 divide-y divide-line">
        {accounts.map(account => (
          <li key={account.id} className="flex items-baseline justify-between gap-4 py-3">
            <button
              type="button"
              onClick={() => look(account.id)}
              className="min-w-0 text-left hover:text-accent"
            >
              <span className="block font-medium underline decoration-line-strong underline-offset-4">
                {account.kind} · {account.currency}
              </span>
              <span className="block font-mono text-xs break-all text-ink-3">{account.id}</span>
            </button>
            <span className="figures shrink-0 font-semibold">
              {inCurrency(account.balance, account.currency)}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Transfer({ transfer, look }: { transfer: LedgerTransfer; look: (id: string) => void }) {
  return (
    <Card title={s('ledger.transfer', { kind: transfer.kind })}>
      <p className="text-sm text-ink-3">{formatDateTime(transfer.at)}</p>
      <p className="font-mono text-xs break-all text-ink-3 select-all">{transfer.key}</p>
      <ul className="grid grid-cols-1 divide-y divide-line">
        {transfer.legs.map(({ account, amount }) => (
          <li key={account.id} className="flex items-baseline justify-between gap-4 py-3">
            <button
              type="button"
              onClick={() => look(account.id)}
              className="min-w-0 text-left hover:text-accent"
            >
              <span className="block font-medium underline decoration-line-strong underline-offset-4">
                {account.kind}
              </span>
              <span className="block font-mono text-xs break-all text-ink-3">{account.owner_id}</span>
            </button>
            <span className="figures shrink-0 font-semibold">
              {inCurrency(amount, account.currency, true)}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}
