import { Link } from '@tanstack/react-router'
import { ShieldX } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from '@/shared/cx'
import { useTitle } from '@/shared/title'
import { s } from '@/strings/staff'
import { EmptyState } from '@/ui/bits'
import { PageFrame } from '@/ui/Grid'
import { SignedIn } from '@/ui/SignedIn'
import { isStaff } from '@/shared/roles'

/** On a phone not all places are in sight: the one where we are is. */
function intoSight(nav: HTMLElement | null) {
  nav
    ?.querySelector('[aria-current="page"]')
    ?.scrollIntoView({ block: 'nearest', inline: 'center', behavior: 'instant' })
}

const PLACES = [
  ['/staff', s('nav.disputes')],
  ['/staff/orders', s('nav.orders')],
  ['/staff/payments', s('nav.payments')],
  ['/staff/webhooks', s('nav.webhooks')],
  ['/staff/reconciliation', s('nav.reconciliation')],
  ['/staff/ledger', s('nav.ledger')],
  ['/staff/mail', s('nav.mail')],
] as const

/** What stands round every page of the staff; others are told that it is not for them. */
export function StaffFrame({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title)
  return (
    <PageFrame>
      <SignedIn>
        {user =>
          isStaff(user) ? (
            <div className="grid grid-cols-1 gap-7">
              <nav
                ref={intoSight}
                aria-label={s('nav.label')}
                className="-mx-4 flex gap-1 overflow-x-auto border-b border-line px-4 [scrollbar-width:none]"
              >
                {PLACES.map(([to, words]) => (
                  <Link
                    key={to}
                    to={to}
                    activeOptions={{ exact: to === '/staff' }}
                    className="-mb-px border-b-2 border-transparent px-3 py-3 text-sm font-semibold whitespace-nowrap text-ink-2 hover:text-ink"
                    activeProps={{ className: cx('border-accent! text-ink!'), 'aria-current': 'page' }}
                  >
                    {words}
                  </Link>
                ))}
              </nav>
              <h1 className="text-3xl font-extrabold sm:text-4xl">{title}</h1>
              {children}
            </div>
          ) : (
            <EmptyState icon={<ShieldX className="size-7" />} title={s('forbidden.title')}>
              {s('forbidden.lead')}
            </EmptyState>
          )
        }
      </SignedIn>
    </PageFrame>
  )
}
