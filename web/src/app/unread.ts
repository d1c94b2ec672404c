import { useQuery } from '@tanstack/react-query'
import { myNotificationsQuery } from '@/api/notifications'
import { useUser } from '@/api/useSession'

/** How many notifications the person has not looked at; 0 for nobody. */
export function useUnread(): number {
  const user = useUser()
  const { data } = useQuery({ ...myNotificationsQuery, enabled: user !== null })
  return user ? (data?.unread_count ?? 0) : 0
}
