import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { FileDown, ReceiptText } from 'lucide-react'
import { useState } from 'react'
import { entriesQuery, type Entry } from '@/api/wallet'
import { formatExact, formatSigned } from '@/shared/amounts'
import { cx } from '@/shared/cx'
import { formatDay, formatTime } from '@/shared/dates'
import { m } from '@/strings/money'
import { t } from '@/strings/t'
import { EmptyState, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Failure } from '@/ui/Failure'
import { byDay, entryWords, orderOf } from './entries'
import { StatementSheet } from './StatementSheet'

/** How the money came and went, newest first. */
export function History({ currency }: { currency: string }) {
  const found = useInfiniteQuery(entriesQuery(currency))
  const [isOpen, setOpen] = useState(false)
  const entries = found.data?.pages.flatMap(page => page.items) ?? []
  return (
    <section aria-labelledby="history-title" className="grid grid-cols-1 gap-5">
      <div className="flex items-center justify-between gap-4">
        <h2 id="history-title" className="text-2xl font-bold">
          {m('history.title')}
        </h2>
        <Button look="plain" size="small" onClick={() => setOpen(true)}>
          <FileDown aria-hidden="true" className="size-4" />
          {m('statement.button')}
        </Button>
      </div>
      {found.isPending && (
        <div className="grid gap-2">
          {[0, 1, 2, 3, 4].map(index => (
            <Skeleton key={index} className="h-16 rounded-2xl" />
          ))}
        </div>
      )}
      {found.isError && entries.length === 0 && (
        <Failure error={found.error} retry={() => void found.refetch()} />
      )}
      {found.isSuccess && entries.length === 0 && (
        <EmptyState icon={<ReceiptText className="size-7" />} title={m('history.empty')}>
          {m('history.emptyLead')}
        </EmptyState>
      )}
      {byDay(entries).map(({ day, entries: of }) => (
        <div key={day} className="grid grid-cols-1 gap-2">
          <h3 className="font-sans text-sm font-semibold tracking-normal text-ink-3">
            {formatDay(`${day}T12:00:00`)}
          </h3>
          <ul className="grid grid-cols-1 divide-y divide-line rounded-2xl border border-line bg-raised px-4 sm:px-5">
            {of.map(entry => (
              <Line key={entry.id} entry={entry} />
            ))}
          </ul>
        </div>
      ))}
      {found.hasNextPage && (
        <Button
          look="plain"
          className="justify-self-center"
          busy={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {t('app.more')}
        </Button>
      )}
      <StatementSheet currency={currency} isOpen={isOpen} onClose={() => setOpen(false)} />
    </section>
  )
}

function Line({ entry }: { entry: Entry }) {
  const order = orderOf(entry)
  return (
    <li className="flex items-baseline justify-between gap-4 py-3.5">
      <div className="min-w-0">
        <p className="font-medium">
          {order ? (
            <Link
              to="/orders/$orderId"
              params={{ orderId: order }}
              className="underline decoration-line-strong underline-offset-4 hover:text-accent"
            >
              {entryWords(entry)}
            </Link>
          ) : (
            entryWords(entry)
          )}
        </p>
        <p className="text-sm text-ink-3">
          <time dateTime={entry.at}>{formatTime(entry.at)}</time>
          {entry.bucket === 'held' && <> · {m('history.held')}</>}
        </p>
      </div>
      <div className="shrink-0 text-right">
        <p className={cx('figures font-semibold', entry.amount > 0 ? 'text-good' : 'text-ink')}>
          {formatSigned(entry.amount, entry.currency)}
        </p>
        <p className="figures text-sm text-ink-3">
          {m('history.after', { amount: formatExact(entry.balance_after, entry.currency) })}
        </p>
      </div>
    </li>
  )
}
