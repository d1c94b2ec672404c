import { t } from '@/strings/t'
import { Button } from './Button'

interface Paged {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => Promise<unknown>
}

/** The next page of a list; nothing on the last. */
export function More({ found }: { found: Paged }) {
  if (!found.hasNextPage) return null
  return (
    <Button
      look="plain"
      className="justify-self-center"
      busy={found.isFetchingNextPage}
      onClick={() => void found.fetchNextPage()}
    >
      {t('app.more')}
    </Button>
  )
}
