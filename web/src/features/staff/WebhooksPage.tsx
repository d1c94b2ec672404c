import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { RotateCcw, Webhook as WebhookIcon } from 'lucide-react'
import { useState } from 'react'
import { useUser } from '@/api/useSession'
import { formatDateTime } from '@/shared/dates'
import { isAdmin } from '@/shared/roles'
import { s } from '@/strings/staff'
import { Badge, EmptyState, Notice, Skeleton, type BadgeTone } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Failure, wordsFor } from '@/ui/Failure'
import { Select } from '@/ui/Field'
import { More } from '@/ui/More'
import { toast } from '@/ui/toasts'
import { replayWebhook, WEBHOOK_STATES, webhooksQuery, type Webhook, type WebhookState } from './calls'
import { StaffFrame } from './StaffFrame'

const TONES: Record<string, BadgeTone> = {
  received: 'warn',
  waiting: 'warn',
  applied: 'good',
  flagged: 'bad',
}

const stateWords = (status: string): string => {
  const known = WEBHOOK_STATES.find(one => one === status)
  return known ? s(`webhooks.${known}`) : status
}

/** What providers have told, and applying it again. */
export function WebhooksPage() {
  return (
    <StaffFrame title={s('webhooks.title')}>
      <Webhooks />
    </StaffFrame>
  )
}

function Webhooks() {
  const [status, setStatus] = useState<WebhookState | null>(null)
  const mayReplay = isAdmin(useUser())
  const found = useInfiniteQuery(webhooksQuery(status))
  const all = found.data?.pages.flatMap(page => page.items) ?? []
  const queryClient = useQueryClient()
  const replaying = useMutation({
    mutationFn: replayWebhook,
    onSuccess: () => {
      toast(s('webhooks.replayed'), 'good')
      void queryClient.invalidateQueries({ queryKey: ['staff'] })
    },
  })
  return (
    <div className="grid grid-cols-1 gap-5">
      <p className="max-w-prose text-ink-2">{s('webhooks.lead')}</p>
      <div className="max-w-60">
        <Select
          label={s('webhooks.state')}
          value={status ?? ''}
          onChange={event => setStatus(WEBHOOK_STATES.find(one => one === event.target.value) ?? null)}
          options={[
            ['', s('webhooks.all')],
            ...WEBHOOK_STATES.map(one => [one, s(`webhooks.${one}`)] as const),
          ]}
        />
      </div>
      {replaying.isError && <Notice tone="bad">{wordsFor(replaying.error)}</Notice>}
      {found.isPending && <Skeleton className="h-64 rounded-2xl" />}
      {found.isError && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && all.length === 0 && (
        <EmptyState icon={<WebhookIcon className="size-7" />} title={s('webhooks.empty')}>
          {s(status === null ? 'webhooks.emptyLead' : 'webhooks.emptyState')}
        </EmptyState>
      )}
      {all.length > 0 && (
        <ul className="grid grid-cols-1 divide-y divide-line rounded-2xl border border-line bg-raised px-4 sm:px-5">
          {all.map(one => (
            <li key={one.id} className="flex items-center justify-between gap-4 py-3.5">
              <Told one={one} />
              {mayReplay && (
                <Button
                  look="plain"
                  size="small"
                  busy={replaying.isPending && replaying.variables === one.id}
                  onClick={() => replaying.mutate(one.id)}
                >
                  <RotateCcw aria-hidden="true" className="size-4" />
                  {s('webhooks.replay')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <More found={found} />
    </div>
  )
}

function Told({ one }: { one: Webhook }) {
  return (
    <div className="grid min-w-0 flex-1 gap-1">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-semibold">{one.type}</span>
        <Badge tone={TONES[one.status] ?? 'neutral'}>{stateWords(one.status)}</Badge>
        <span className="text-sm text-ink-3">{one.provider}</span>
      </p>
      {one.code && <p className="text-sm font-medium text-bad">{one.code.replaceAll('_', ' ')}</p>}
      <p className="font-mono text-xs break-all text-ink-3 select-all">{one.reference ?? one.event_id}</p>
      <p className="text-sm text-ink-3">
        {formatDateTime(one.received_at)} · {s('webhooks.attempts', { n: one.attempts })}
      </p>
    </div>
  )
}
