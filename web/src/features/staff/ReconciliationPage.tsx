import { useQuery, useQueryClient } from '@tanstack/react-query'
import { CheckCheck, ScanSearch } from 'lucide-react'
import { useState } from 'react'
import { useMoneyMove } from '@/api/useMoneyMove'
import { formatExact } from '@/shared/amounts'
import { cx } from '@/shared/cx'
import { formatDateTime, formatDay } from '@/shared/dates'
import { s } from '@/strings/staff'
import { Badge, EmptyState, Notice, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Failure, wordsFor } from '@/ui/Failure'
import { reportQuery, reportsQuery, runReconciliation, type Difference, type Report } from './calls'
import { StaffFrame } from './StaffFrame'

/** Whether the provider's books say what ours say, day by day. */
export function ReconciliationPage() {
  return (
    <StaffFrame title={s('reconciliation.title')}>
      <Reports />
    </StaffFrame>
  )
}

function Reports() {
  const queryClient = useQueryClient()
  const { data, error, refetch } = useQuery(reportsQuery)
  const [chosen, setChosen] = useState<string | null>(null)
  const running = useMoneyMove<undefined, unknown>(
    (_, key) => runReconciliation(key),
    () => void queryClient.invalidateQueries({ queryKey: ['staff'] }),
  )
  if (!data && error) return <Failure error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton className="h-80 rounded-3xl" />
  const shown = chosen ?? data.items[0]?.id ?? null
  return (
    <div className="grid grid-cols-1 gap-5">
      <Button
        className="justify-self-start"
        busy={running.isPending}
        onClick={() => running.mutate(undefined)}
      >
        <ScanSearch aria-hidden="true" className="size-5" />
        {s('reconciliation.run')}
      </Button>
      {running.isError && <Notice tone="bad">{wordsFor(running.error)}</Notice>}
      {data.items.length === 0 ? (
        <EmptyState icon={<CheckCheck className="size-7" />} title={s('reconciliation.empty')}>
          {s('reconciliation.emptyLead')}
        </EmptyState>
      ) : (
        <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.6fr)]">
          <ul className="grid grid-cols-1 gap-2">
            {data.items.map(report => (
              <li key={report.id}>
                <button
                  type="button"
                  aria-pressed={report.id === shown}
                  onClick={() => setChosen(report.id)}
                  className={cx(
                    'flex w-full items-center justify-between gap-4 rounded-2xl border px-4 py-3 text-left transition',
                    report.id === shown
                      ? 'border-accent bg-accent-soft'
                      : 'border-line bg-raised hover:border-line-strong',
                  )}
                >
                  <span>
                    <span className="block font-semibold">{formatDay(`${report.day}T12:00:00`)}</span>
                    <span className="block text-sm text-ink-3">
                      {report.provider} · {formatDateTime(report.created_at)}
                    </span>
                  </span>
                  <Verdict report={report} />
                </button>
              </li>
            ))}
          </ul>
          {shown !== null && <OneReport key={shown} id={shown} />}
        </div>
      )}
    </div>
  )
}

function Verdict({ report }: { report: Report }) {
  if (report.difference_count === undefined) return <Badge>{report.status}</Badge>
  return report.difference_count === 0 ? (
    <Badge tone="good">{s('reconciliation.equal')}</Badge>
  ) : (
    <Badge tone="bad">{s('reconciliation.differences', { n: report.difference_count })}</Badge>
  )
}

function OneReport({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(reportQuery(id))
  if (!data && error) return <Failure error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton className="h-64 rounded-3xl" />
  return (
    <Card
      title={formatDay(`${data.day}T12:00:00`)}
      aside={<span className="text-sm text-ink-3">{data.provider}</span>}
    >
      {data.differences.length === 0 ? (
        <p className="flex items-center gap-3 rounded-2xl bg-good-soft p-4 font-medium text-good">
          <CheckCheck aria-hidden="true" className="size-5 shrink-0" />
          {s('reconciliation.allEqual')}
        </p>
      ) : (
        <ul className="grid grid-cols-1 divide-y divide-line">
          {data.differences.map((one, index) => (
            <DifferenceRow key={one.id ?? index} one={one} />
          ))}
        </ul>
      )}
    </Card>
  )
}

function DifferenceRow({ one }: { one: Difference }) {
  const said = (amount: number | null) =>
    amount === null ? s('reconciliation.nothing') : formatExact(amount, one.currency)
  return (
    <li className="grid gap-2 py-4">
      <p className="font-semibold">
        {one.kind.charAt(0).toUpperCase() + one.kind.slice(1).replaceAll('_', ' ')}
      </p>
      <p className="font-mono text-xs break-all text-ink-3 select-all">{one.reference}</p>
      <dl className="grid grid-cols-2 gap-4 text-sm">
        <div>
          <dt className="text-ink-3">{s('reconciliation.ours')}</dt>
          <dd className="figures font-semibold">{said(one.ours)}</dd>
        </div>
        <div>
          <dt className="text-ink-3">{s('reconciliation.theirs')}</dt>
          <dd className="figures font-semibold">{said(one.theirs)}</dd>
        </div>
      </dl>
      {one.note && <p className="text-sm text-ink-2">{one.note}</p>}
    </li>
  )
}
