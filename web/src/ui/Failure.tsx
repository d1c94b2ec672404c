import { CloudOff } from 'lucide-react'
import { ApiError, NO_CONNECTION } from '@/api/problem'
import { t } from '@/strings/t'
import { EmptyState } from './bits'
import { Button } from './Button'

/** Words for a refusal: ours where we have better ones, else the server's own. */
export function wordsFor(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown')
  if (error.code === NO_CONNECTION) return t('error.noConnection')
  if (error.code === 'rate_limited') return t('error.rateLimited', { n: error.retryAfterSeconds ?? 1 })
  if (error.code === 'busy') return t('error.busy')
  const first = [...error.fields.values()][0]
  return first ?? error.message
}

/** A page or a part that could not be loaded: what happened and what to do. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const isMissing = error instanceof ApiError && error.status === 404
  return (
    <EmptyState
      icon={<CloudOff className="size-7" />}
      title={isMissing ? t('error.missingTitle') : t('error.title')}
      action={
        retry &&
        !isMissing && (
          <Button look="plain" onClick={retry}>
            {t('app.retry')}
          </Button>
        )
      }
    >
      {isMissing ? t('error.missing') : wordsFor(error)}
    </EmptyState>
  )
}
