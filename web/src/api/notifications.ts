import { queryOptions } from '@tanstack/react-query'
import { api } from './client'
import type { components } from './schema'

export type Notification = components['schemas']['NotificationView']
export interface NotificationPage {
  items: Notification[]
  next_cursor: string | null
  unread_count: number
}

const SHOWN = 50

/** The person's notifications, newest first, with how many are unread. Brought up to date by the person's channel. */
export const myNotificationsQuery = queryOptions({
  queryKey: ['mine', 'notifications'],
  queryFn: async () =>
    (await api.get('/v1/notifications', { query: { limit: SHOWN } })) as unknown as NotificationPage,
})
