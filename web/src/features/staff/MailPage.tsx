import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { MailCheck, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { useMoneyMove } from '@/api/useMoneyMove'
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
import { MAIL_STATES, mailsQuery, replayMail, type Mail, type MailState } from './calls'
import { StaffFrame } from './StaffFrame'

const TONES: Record<MailState, BadgeTone> = { failed: 'bad', queued: 'warn', sent: 'good' }

/** Mail on its way, gone, and given up; the last can be sent again. */
export function MailPage() {
  return (
    <StaffFrame title={s('mail.title')}>
      <Mails />
    </StaffFrame>
  )
}

function Mails() {
  const [status, setStatus] = useState<MailState | null>('failed')
  const found = useInfiniteQuery(mailsQuery(status))
  const all = found.data?.pages.flatMap(page => page.items) ?? []
  return (
    <div className="grid grid-cols-1 gap-5">
      <p className="max-w-prose text-ink-2">{s('mail.lead')}</p>
      <div className="max-w-60">
        <Select
          label={s('mail.state')}
          value={status ?? ''}
          onChange={event => setStatus(MAIL_STATES.find(one => one === event.target.value) ?? null)}
          options={[...MAIL_STATES.map(one => [one, s(`mail.${one}`)] as const), ['', s('mail.all')]]}
        />
      </div>
      {found.isPending && <Skeleton className="h-64 rounded-2xl" />}
      {found.isError && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && all.length === 0 && (
        <EmptyState
          icon={<MailCheck className="size-7" />}
          title={s(status === 'failed' ? 'mail.noneFailed' : 'mail.empty')}
        >
          {s(status === 'failed' ? 'mail.noneFailedLead' : 'mail.emptyLead')}
        </EmptyState>
      )}
      {all.length > 0 && (
        <ul className="grid grid-cols-1 divide-y divide-line rounded-2xl border border-line bg-raised px-4 sm:px-5">
          {all.map(one => (
            <Row key={one.id} mail={one} />
          ))}
        </ul>
      )}
      <More found={found} />
    </div>
  )
}

function Row({ mail }: { mail: Mail }) {
  const mayReplay = isAdmin(useUser())
  const queryClient = useQueryClient()
  // Each row has a key of its own, so a second press never sends twice.
  const sending = useMoneyMove<string, unknown>(replayMail, () => {
    toast(s('mail.replayed'), 'good')
    void queryClient.invalidateQueries({ queryKey: ['staff'] })
  })
  return (
    <li className="grid gap-3 py-3.5">
      <div className="flex items-center justify-between gap-4">
        <div className="grid min-w-0 flex-1 gap-1">
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="font-semibold">{mail.subject}</span>
            <Badge tone={TONES[mail.status]}>{s(`mail.${mail.status}`)}</Badge>
          </p>
          <p className="text-sm text-ink-2">{s('mail.to', { address: mail.recipient })}</p>
          {mail.last_error && <p className="text-sm font-medium text-bad">{mail.last_error}</p>}
          <p className="text-sm text-ink-3">
            {mail.sent_at
              ? s('mail.sentAt', { at: formatDateTime(mail.sent_at) })
              : `${formatDateTime(mail.created_at)} · ${s('mail.tries', { n: mail.tries })}`}
          </p>
        </div>
        {mail.status === 'failed' && mayReplay && (
          <Button look="plain" size="small" busy={sending.isPending} onClick={() => sending.mutate(mail.id)}>
            <RotateCcw aria-hidden="true" className="size-4" />
            {s('mail.replay')}
          </Button>
        )}
      </div>
      {sending.isError && <Notice tone="bad">{wordsFor(sending.error)}</Notice>}
    </li>
  )
}
