import { Link, useRouterState } from '@tanstack/react-router'
import { UserRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { useUser } from '@/api/useSession'
import type { User } from '@/api/session'
import { t } from '@/strings/t'
import { EmptyState } from './bits'
import { buttonClass } from './Button'

/** A page for members: others are asked to sign in, and come back here. */
export function SignedIn({ children }: { children: (user: User) => ReactNode }) {
  const user = useUser()
  const path = useRouterState({ select: state => state.location.pathname })
  if (user) return children(user)
  return (
    <EmptyState
      icon={<UserRound className="size-7" />}
      title={t('members.title')}
      action={
        <div className="flex flex-wrap justify-center gap-2">
          <Link to="/sign-in" search={{ next: path }} className={buttonClass()}>
            {t('nav.signIn')}
          </Link>
          <Link to="/sign-up" search={{ next: path }} className={buttonClass('plain')}>
            {t('signUp.title')}
          </Link>
        </div>
      }
    >
      {t('members.lead')}
    </EmptyState>
  )
}
