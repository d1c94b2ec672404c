import { useQuery, useQueryClient } from '@tanstack/react-query'
import { CheckCheck, ScanSearch } from 'lucide-react'
import { useState } from 'react'
import { useMoneyMove } from '@/api/useMoneyMove'
import { formatExact } from '@/shared/amounts'
import { cx } from '@/shared/cx'
import { formatDateTime } from '@/shared/dates'
import { s } from '@/strings/staff'
import { Badge, EmptyState, Notice, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Card } from '@/ui/Card'
import { Failure, wordsFor } from '@/ui/Failure'
import { toast } from '@/ui/toasts'
import { reportQuery, runNow, runsQuery, type Difference, type Run } from './calls'
import { StaffFrame } from './StaffFrame'

const PROVIDERS = ['sandbox', 'stripe'] as const

/** Whether the provider's books say what ours say, run by run. */
export function ReconciliationPage() {
  return (
    <StaffFrame title={s('reconciliation.title')}>
      <Runs />
    </StaffFrame>
  )
}

function Runs() {
  const queryClient = useQueryClient()
  const { data, error, refetch, isFetching } = useQuery(runsQuery)
  const [chosen, setChosen] = useState<string | null>(null)
  const running = useMoneyMove<(typeof PROVIDERS)[number], unknown>(runNow, () => {
    toast(s('reconciliation.asked'), 'good')
    void queryClient.invalidateQueries({ queryKey: ['staff'] })
  })
  if (!data && error) return <Failure error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton className="h-80 rounded-3xl" />
  const shown = chosen ?? data.items[0]?.id ?? null
  const known = PROVIDERS.filter(one => data.items.some(run => run.provider === one))
  return (
    <div className="grid grid-cols-1 gap-5">
      <div className="flex flex-wrap gap-2.5">
        {(known.length > 0 ? known : PROVIDERS).map(provider => (
          <Button
            key={provider}
            size="small"
            busy={running.isPending && running.variables === provider}
            onClick={() => running.mutate(provider)}
          >
            <ScanSearch aria-hidden="true" className="size-4" />
            {s('reconciliation.run', { provider })}
          </Button>
        ))}
        <Button size="small" look="plain" busy={isFetching} onClick={() => void refetch()}>
          {s('reconciliation.refresh')}
        </Button>
      </div>
      {running.isError && <Notice tone="bad">{wordsFor(running.error)}</Notice>}
      {data.items.length === 0 ? (
        <EmptyState icon={<CheckCheck className="size-7" />} title={s('reconciliation.empty')}>
          {s('reconciliation.emptyLead')}
        </EmptyState>
      ) : (
        <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.6fr)]">
          <ul className="grid grid-cols-1 gap-2">
            {data.items.map(run => (
              <li key={run.id}>
                <button
                  type="button"
                  aria-pressed={run.id === shown}
                  onClick={() => setChosen(run.id)}
                  className={cx(
                    'flex w-full items-center justify-between gap-4 rounded-2xl border px-4 py-3 text-left transition',
                    run.id === shown
                      ? 'border-accent bg-accent-soft'
                      : 'border-line bg-raised hover:border-line-strong',
                  )}
                >
                  <span>
                    <span className="block font-semibold">{formatDateTime(run.started_at)}</span>
                    <span className="block text-sm text-ink-2">
                      {run.provider} · {s('reconciliation.compared', { n: run.compared })}
                    </span>
                  </span>
                  <Verdict run={run} />
                </button>
              </li>
            ))}
          </ul>
          {shown !== null && <Report key={shown} id={shown} />}
        </div>
      )}
    </div>
  )
}

function Verdict({ run }: { run: Run }) {
  if (run.finished_at === null) return <Badge tone="warn">{s('reconciliation.running')}</Badge>
  return run.differing === 0 ? (
    <Badge tone="good">{s('reconciliation.equal')}</Badge>
  ) : (
    <Badge tone="bad">{s('reconciliation.differences', { n: run.differing })}</Badge>
  )
}

function Report({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(reportQuery(id))
  if (!data && error) return <Failure error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton className="h-64 rounded-3xl" />
  const { run, differences } = data
  return (
    <Card title={formatDateTime(run.started_at)} aside={<Verdict run={run} />}>
      <p className="text-sm text-ink-3">
        {s('reconciliation.window', { since: formatDateTime(run.since), until: formatDateTime(run.until) })}
      </p>
      {run.finished_at !== null && differences.length === 0 ? (
        <p className="flex items-center gap-3 rounded-2xl bg-good-soft p-4 font-medium text-good">
          <CheckCheck aria-hidden="true" className="size-5 shrink-0" />
          {s('reconciliation.allEqual')}
        </p>
      ) : (
        <ul className="grid grid-cols-1 divide-y divide-line">
          {differences.map((one, index) => (
            <DifferenceRow key={index} one={one} />
          ))}
        </ul>
      )}
    </Card>
  )
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).replaceAll('_', ' ')

function DifferenceRow({ one }: { one: Difference }) {
  const said = (amount: number | null) =>
    amount === null ? s('reconciliation.nothing') : formatExact(amount, one.currency)
  return (
    <li className="grid gap-2 py-4">
      <p className="flex flex-wrap items-center gap-3 font-semibold">
        {capital(one.kind)} <Badge>{one.record}</Badge>
      </p>
      {one.detail && <p className="text-sm text-ink-2">{one.detail}</p>}
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
      <p className="font-mono text-xs break-all text-ink-3 select-all">{one.reference ?? one.subject_id}</p>
    </li>
  )
}
