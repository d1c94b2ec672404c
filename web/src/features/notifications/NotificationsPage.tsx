import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Bell } from 'lucide-react'
import { api } from '@/api/client'
import { myNotificationsQuery, type Notification, type NotificationPage } from '@/api/notifications'
import { cx } from '@/shared/cx'
import { formatAgo, formatDateTime } from '@/shared/dates'
import { serverClock } from '@/shared/serverClock'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { EmptyState, Picture, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Failure } from '@/ui/Failure'
import { PageFrame } from '@/ui/Grid'
import { SignedIn } from '@/ui/SignedIn'
import { placeOf, wordsOf } from './words'

/** What happened to the person's bids and auctions. */
export function NotificationsPage() {
  useTitle(t('notifications.title'))
  return (
    <PageFrame title={t('notifications.title')} narrow>
      <SignedIn>{() => <Mine />}</SignedIn>
    </PageFrame>
  )
}

function Mine() {
  const queryClient = useQueryClient()
  const found = useQuery(myNotificationsQuery)
  const mark = (isRead: (one: Notification) => boolean) =>
    queryClient.setQueryData<NotificationPage>(myNotificationsQuery.queryKey, page => {
      if (!page) return page
      const items = page.items.map(one => (isRead(one) ? { ...one, read: true } : one))
      const before = page.items.filter(one => !one.read).length
      const after = items.filter(one => !one.read).length
      return { ...page, items, unread_count: Math.max(page.unread_count - before + after, 0) }
    })
  const settle = () => void queryClient.invalidateQueries({ queryKey: myNotificationsQuery.queryKey })
  const reading = useMutation({
    mutationFn: (id: string) =>
      api.post('/v1/notifications/{notification_id}/read', { path: { notification_id: id } }),
    onMutate: id => mark(one => one.id === id),
    onSettled: settle,
  })
  const readingAll = useMutation({
    mutationFn: () => api.post('/v1/notifications/read-all'),
    onMutate: () => mark(() => true),
    onSettled: settle,
  })
  if (found.isPending) {
    return (
      <div className="grid gap-2">
        {[0, 1, 2, 3].map(index => (
          <Skeleton key={index} className="h-20 rounded-2xl" />
        ))}
      </div>
    )
  }
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />
  const { items, unread_count: unread } = found.data
  if (items.length === 0) {
    return (
      <EmptyState icon={<Bell className="size-7" />} title={t('notifications.emptyTitle')}>
        {t('notifications.empty')}
      </EmptyState>
    )
  }
  return (
    <div className="grid grid-cols-1 gap-4">
      {unread > 0 && (
        <Button
          look="plain"
          size="small"
          className="justify-self-start"
          busy={readingAll.isPending}
          onClick={() => readingAll.mutate()}
        >
          {t('notifications.readAll')}
        </Button>
      )}
      <ul className="grid grid-cols-1 gap-2">
        {items.map(one => (
          <Row key={one.id} one={one} onOpen={() => !one.read && reading.mutate(one.id)} />
        ))}
      </ul>
    </div>
  )
}

function Row({ one, onOpen }: { one: Notification; onOpen: () => void }) {
  const to = placeOf(one)
  return (
    <li>
      <Link
        to={to}
        onClick={onOpen}
        className={cx(
          'flex items-center gap-4 rounded-2xl border p-3 transition hover:border-line-strong',
          one.read ? 'border-transparent' : 'border-line bg-raised shadow-card',
        )}
      >
        <Picture src={one.listing?.image_url} alt="" className="size-14 shrink-0 rounded-xl" />
        <div className="min-w-0 flex-1">
          <p className={cx('leading-snug', one.read ? 'text-ink-2' : 'font-semibold')}>{wordsOf(one)}</p>
          <p className="truncate text-sm text-ink-3">{one.listing?.title}</p>
          <p className="text-xs text-ink-3">
            <time dateTime={one.at}>{formatAgo(one.at, serverClock.now())}</time>
            {one.answer_by && !one.read && (
              <> · {t('notifications.by', { at: formatDateTime(one.answer_by) })}</>
            )}
          </p>
        </div>
        {!one.read && (
          <span className="size-2.5 shrink-0 rounded-full bg-accent">
            <span className="sr-only">{t('nav.unread')}</span>
          </span>
        )}
      </Link>
    </li>
  )
}
