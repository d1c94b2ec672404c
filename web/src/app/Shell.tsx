import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { Bell, Gavel, Home, Moon, PackageOpen, Plus, Search, Sun, SunMoon, UserRound } from 'lucide-react'
import { Suspense, useState, type ReactNode } from 'react'
import { useUser } from '@/api/useSession'
import { cx } from '@/shared/cx'
import { isStaff } from '@/shared/roles'
import { t } from '@/strings/t'
import { IconButton, buttonClass } from '@/ui/Button'
import { GridSkeleton, PageFrame } from '@/ui/Grid'
import { Toasts } from '@/ui/Toasts'
import { OfflineBanner } from './OfflineBanner'
import { PersonalEvents } from './PersonalEvents'
import { setTheme, useTheme } from './theme'
import { useUnread } from './unread'

function Logo() {
  return (
    <Link
      to="/"
      className="flex items-center gap-2 font-display text-2xl font-extrabold tracking-tight"
      aria-label={t('app.name')}
    >
      <svg viewBox="0 0 32 32" className="size-8" aria-hidden="true">
        <circle cx="16" cy="16" r="15" className="fill-accent" />
        <path
          d="M11 21.5V10.5h3.1v11zM17.2 19v-6h2.6v6zM22.4 17.4v-2.8h2.2v2.8zM7 17.4v-2.8h2.2v2.8z"
          className="fill-on-accent"
        />
      </svg>
      <span className="hidden sm:inline">outcry</span>
    </Link>
  )
}

function SearchBox() {
  const navigate = useNavigate()
  const asked = useRouterState({ select: state => (state.location.search as { q?: string }).q ?? '' })
  const [words, setWords] = useState(asked)
  return (
    <form
      role="search"
      className="relative hidden max-w-xl flex-1 md:block"
      onSubmit={event => {
        event.preventDefault()
        void navigate({ to: '/search', search: words.trim() ? { q: words.trim() } : {} })
      }}
    >
      <Search aria-hidden="true" className="absolute top-1/2 left-4 size-4.5 -translate-y-1/2 text-ink-3" />
      <input
        type="search"
        name="q"
        aria-label={t('nav.searchLabel')}
        placeholder={t('nav.searchPlaceholder')}
        value={words}
        onChange={event => setWords(event.target.value)}
        className="h-11 w-full rounded-full border border-line bg-raised pr-4 pl-11 text-sm placeholder:text-ink-3 hover:border-line-strong focus:outline-2 focus:outline-accent"
      />
    </form>
  )
}

const NEXT_THEME = { system: 'light', light: 'dark', dark: 'system' } as const
const THEME_WORDS = { system: 'theme.system', light: 'theme.light', dark: 'theme.dark' } as const

function ThemeSwitch() {
  const theme = useTheme()
  return (
    <IconButton
      label={t('theme.label', { theme: t(THEME_WORDS[theme]) })}
      onClick={() => setTheme(NEXT_THEME[theme])}
    >
      {theme === 'system' ? (
        <SunMoon className="size-5" />
      ) : theme === 'light' ? (
        <Sun className="size-5" />
      ) : (
        <Moon className="size-5" />
      )}
    </IconButton>
  )
}

function UnreadDot({ unread }: { unread: number }) {
  if (unread === 0) return null
  return (
    <span className="absolute top-1 right-1 grid min-w-4.5 place-items-center rounded-full bg-accent px-1 text-[0.65rem] leading-4.5 font-bold text-on-accent">
      {unread > 9 ? '9+' : unread}
      <span className="sr-only"> {t('nav.unread')}</span>
    </span>
  )
}

function TopBar() {
  const user = useUser()
  const unread = useUnread()
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-paper/90 backdrop-blur-md">
      <div className="mx-auto flex h-16 max-w-7xl items-center gap-3 px-4 sm:gap-5 sm:px-6">
        <Logo />
        <SearchBox />
        <nav aria-label={t('nav.label')} className="ml-auto flex items-center gap-0.5 sm:gap-1">
          <Link
            to="/search"
            className="grid size-11 place-items-center rounded-full text-ink-2 hover:bg-sunken md:hidden"
            aria-label={t('nav.search')}
          >
            <Search className="size-5" />
          </Link>
          <ThemeSwitch />
          {user ? (
            <>
              <Link
                to="/me/notifications"
                aria-label={t('nav.notifications')}
                className="relative grid size-11 place-items-center rounded-full text-ink-2 hover:bg-sunken hover:text-ink"
              >
                <Bell className="size-5" />
                <UnreadDot unread={unread} />
              </Link>
              <Link
                to="/orders"
                aria-label={t('nav.orders')}
                className="grid size-11 place-items-center rounded-full text-ink-2 hover:bg-sunken hover:text-ink lg:hidden"
              >
                <PackageOpen className="size-5" />
              </Link>
              <Link to="/me/bids" className={cx(buttonClass('quiet', 'small'), 'max-lg:hidden')}>
                {t('nav.myBids')}
              </Link>
              <Link to="/orders" className={cx(buttonClass('quiet', 'small'), 'max-lg:hidden')}>
                {t('nav.orders')}
              </Link>
              <Link to="/wallet" className={cx(buttonClass('quiet', 'small'), 'max-lg:hidden')}>
                {t('nav.wallet')}
              </Link>
              {isStaff(user) && (
                <Link to="/staff" className={cx(buttonClass('quiet', 'small'), 'max-xl:hidden')}>
                  {t('nav.staff')}
                </Link>
              )}
              <Link to="/me" className={cx(buttonClass('quiet', 'small'), 'max-w-40 max-md:hidden')}>
                <UserRound aria-hidden="true" className="size-4.5" />
                <span className="truncate">{user.display_name}</span>
              </Link>
            </>
          ) : (
            <Link to="/sign-in" search={{}} className={cx(buttonClass('quiet', 'small'))}>
              {t('nav.signIn')}
            </Link>
          )}
          <Link to="/sell" className={cx(buttonClass('primary', 'small'), 'ml-1 max-sm:hidden')}>
            <Plus aria-hidden="true" className="size-4.5" />
            {t('nav.sell')}
          </Link>
        </nav>
      </div>
    </header>
  )
}

function Tab({
  to,
  label,
  children,
  exact = false,
}: {
  to: string
  label: string
  children: ReactNode
  exact?: boolean
}) {
  return (
    <Link
      to={to}
      activeOptions={{ exact }}
      className="relative grid flex-1 place-items-center gap-0.5 py-2 text-[0.68rem] font-semibold text-ink-3"
      activeProps={{ className: 'text-accent!', 'aria-current': 'page' }}
    >
      {children}
      {label}
    </Link>
  )
}

function TabBar() {
  return (
    <nav
      aria-label={t('nav.tabs')}
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-paper/95 pb-[env(safe-area-inset-bottom)] backdrop-blur-md md:hidden"
    >
      <Tab to="/" label={t('nav.home')} exact>
        <Home aria-hidden="true" className="size-5.5" />
      </Tab>
      <Tab to="/search" label={t('nav.search')}>
        <Search aria-hidden="true" className="size-5.5" />
      </Tab>
      <Tab to="/sell" label={t('nav.sell')}>
        <Plus aria-hidden="true" className="size-5.5" />
      </Tab>
      <Tab to="/me/bids" label={t('nav.bids')}>
        <Gavel aria-hidden="true" className="size-5.5" />
      </Tab>
      <Tab to="/me" label={t('nav.you')} exact>
        <UserRound aria-hidden="true" className="size-5.5" />
      </Tab>
    </nav>
  )
}

/** What stands round every page. */
export function Shell() {
  // The room has its own bar for bidding where the tabs would be.
  const isRoom = useRouterState({ select: state => state.location.pathname.startsWith('/auctions/') })
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#main"
        className="sr-only z-50 rounded-full bg-accent px-4 py-2 font-semibold text-on-accent focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
      >
        {t('app.skip')}
      </a>
      <TopBar />
      <OfflineBanner />
      <main
        id="main"
        tabIndex={-1}
        className={cx('flex-1 outline-none', isRoom ? 'pb-32 md:pb-0' : 'pb-20 md:pb-0')}
      >
        <Suspense
          fallback={
            // As high as the window: what comes must not push the footer away under somebody's eyes.
            <div className="min-h-dvh">
              <PageFrame>
                <GridSkeleton />
              </PageFrame>
            </div>
          }
        >
          <Outlet />
        </Suspense>
      </main>
      <footer className="hidden border-t border-line md:block">
        <div className="mx-auto flex max-w-7xl flex-wrap items-center justify-between gap-4 px-6 py-6 text-sm text-ink-3">
          <p>{t('footer.promise')}</p>
          <p className="flex gap-5">
            <a href="/docs" className="hover:text-ink">
              {t('footer.api')}
            </a>
            <span>{t('footer.clock')}</span>
          </p>
        </div>
      </footer>
      {!isRoom && <TabBar />}
      <Toasts />
      <PersonalEvents />
    </div>
  )
}
