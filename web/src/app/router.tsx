import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { t } from '@/strings/t'
import { EmptyState } from '@/ui/bits'
import { buttonClass } from '@/ui/Button'
import { Failure } from '@/ui/Failure'
import { Shell } from './Shell'

const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined)
const amount = (value: unknown): number | undefined => {
  const number = Number(value)
  return value !== undefined && value !== '' && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined
}

export interface SearchQuestion {
  q?: string | undefined
  category?: string | undefined
  condition?: string | undefined
  sale_type?: string | undefined
  price_min?: number | undefined
  price_max?: number | undefined
  sort?: string | undefined
}

export interface WalletQuestion {
  currency?: string | undefined
  /** Minor units to top up by. */
  top_up?: number | undefined
  /** The order to go back to. */
  back?: string | undefined
  returned?: boolean | undefined
}

export interface StaffOrdersQuestion {
  /** An id or an invoice's number. */
  find?: string | undefined
  status?: string | undefined
}

const isYes = (value: unknown): boolean => value === true || value === 'true' || value === 1

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <EmptyState
      icon={<Compass className="size-7" />}
      title={t('error.missingTitle')}
      action={
        <Link to="/" className={buttonClass()}>
          {t('error.missingAction')}
        </Link>
      }
    >
      {t('error.missing')}
    </EmptyState>
  ),
  errorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
})

const page = { getParentRoute: () => root } as const
const next = (search: Record<string, unknown>): { next?: string | undefined } => ({
  next: text(search.next),
})

const routes = [
  createRoute({
    ...page,
    path: '/',
    component: lazyRouteComponent(() => import('@/features/home/HomePage'), 'HomePage'),
  }),
  createRoute({
    ...page,
    path: '/search',
    validateSearch: (search: Record<string, unknown>): SearchQuestion => ({
      q: text(search.q),
      category: text(search.category),
      condition: text(search.condition),
      sale_type: text(search.sale_type),
      price_min: amount(search.price_min),
      price_max: amount(search.price_max),
      sort: text(search.sort),
    }),
    component: lazyRouteComponent(() => import('@/features/search/SearchPage'), 'SearchPage'),
  }),
  createRoute({
    ...page,
    path: '/listings/$listingId',
    component: lazyRouteComponent(() => import('@/features/listing/ListingPage'), 'ListingPage'),
  }),
  createRoute({
    ...page,
    path: '/auctions/$auctionId',
    component: lazyRouteComponent(() => import('@/features/room/RoomPage'), 'RoomPage'),
  }),
  createRoute({
    ...page,
    path: '/sell',
    component: lazyRouteComponent(() => import('@/features/sell/SellPage'), 'SellPage'),
  }),
  createRoute({
    ...page,
    path: '/sell/$listingId',
    component: lazyRouteComponent(() => import('@/features/sell/SellPage'), 'SellPage'),
  }),
  createRoute({
    ...page,
    path: '/sign-in',
    validateSearch: next,
    component: lazyRouteComponent(() => import('@/features/account/SignInPage'), 'SignInPage'),
  }),
  createRoute({
    ...page,
    path: '/sign-up',
    validateSearch: next,
    component: lazyRouteComponent(() => import('@/features/account/SignUpPage'), 'SignUpPage'),
  }),
  createRoute({
    ...page,
    path: '/me',
    component: lazyRouteComponent(() => import('@/features/account/ProfilePage'), 'ProfilePage'),
  }),
  createRoute({
    ...page,
    path: '/me/bids',
    component: lazyRouteComponent(() => import('@/features/bids/MyBidsPage'), 'MyBidsPage'),
  }),
  createRoute({
    ...page,
    path: '/me/auctions',
    component: lazyRouteComponent(() => import('@/features/selling/MyAuctionsPage'), 'MyAuctionsPage'),
  }),
  createRoute({
    ...page,
    path: '/me/watchlist',
    component: lazyRouteComponent(() => import('@/features/watchlist/WatchlistPage'), 'WatchlistPage'),
  }),
  createRoute({
    ...page,
    path: '/me/notifications',
    component: lazyRouteComponent(
      () => import('@/features/notifications/NotificationsPage'),
      'NotificationsPage',
    ),
  }),
  createRoute({
    ...page,
    path: '/people/$userId',
    component: lazyRouteComponent(() => import('@/features/people/PersonPage'), 'PersonPage'),
  }),
  createRoute({
    ...page,
    path: '/orders',
    validateSearch: (search: Record<string, unknown>): { role?: 'buyer' | 'seller' | undefined } => ({
      role: search.role === 'seller' ? 'seller' : search.role === 'buyer' ? 'buyer' : undefined,
    }),
    component: lazyRouteComponent(() => import('@/features/orders/OrdersPage'), 'OrdersPage'),
  }),
  createRoute({
    ...page,
    path: '/orders/$orderId',
    component: lazyRouteComponent(() => import('@/features/orders/OrderPage'), 'OrderPage'),
  }),
  createRoute({
    ...page,
    path: '/orders/$orderId/meet',
    component: lazyRouteComponent(() => import('@/features/orders/MeetPage'), 'MeetPage'),
  }),
  createRoute({
    ...page,
    path: '/orders/$orderId/pay',
    validateSearch: (search: Record<string, unknown>): { returned?: boolean | undefined } => ({
      returned: isYes(search.returned) ? true : undefined,
    }),
    component: lazyRouteComponent(() => import('@/features/checkout/CheckoutPage'), 'CheckoutPage'),
  }),
  createRoute({
    ...page,
    path: '/wallet',
    validateSearch: (search: Record<string, unknown>): WalletQuestion => ({
      currency: text(search.currency),
      top_up: amount(search.top_up),
      back: text(search.back),
      returned: isYes(search.returned) ? true : undefined,
    }),
    component: lazyRouteComponent(() => import('@/features/wallet/WalletPage'), 'WalletPage'),
  }),
  createRoute({
    ...page,
    path: '/wallet/payouts',
    component: lazyRouteComponent(() => import('@/features/wallet/PayoutsPage'), 'PayoutsPage'),
  }),
  createRoute({
    ...page,
    path: '/staff',
    component: lazyRouteComponent(() => import('@/features/staff/DisputesPage'), 'DisputesPage'),
  }),
  createRoute({
    ...page,
    path: '/staff/disputes/$disputeId',
    component: lazyRouteComponent(() => import('@/features/staff/CasePage'), 'CasePage'),
  }),
  createRoute({
    ...page,
    path: '/staff/orders',
    validateSearch: (search: Record<string, unknown>): StaffOrdersQuestion => ({
      find: text(search.find),
      status: text(search.status),
    }),
    component: lazyRouteComponent(() => import('@/features/staff/OrdersPage'), 'OrdersPage'),
  }),
  createRoute({
    ...page,
    path: '/staff/orders/$orderId',
    component: lazyRouteComponent(() => import('@/features/staff/OrderPage'), 'OrderPage'),
  }),
  createRoute({
    ...page,
    path: '/staff/webhooks',
    component: lazyRouteComponent(() => import('@/features/staff/WebhooksPage'), 'WebhooksPage'),
  }),
  createRoute({
    ...page,
    path: '/staff/mail',
    component: lazyRouteComponent(() => import('@/features/staff/MailPage'), 'MailPage'),
  }),
  createRoute({
    ...page,
    path: '/staff/payments',
    component: lazyRouteComponent(() => import('@/features/staff/PaymentsPage'), 'PaymentsPage'),
  }),
  createRoute({
    ...page,
    path: '/staff/reconciliation',
    component: lazyRouteComponent(() => import('@/features/staff/ReconciliationPage'), 'ReconciliationPage'),
  }),
  createRoute({
    ...page,
    path: '/staff/ledger',
    validateSearch: (search: Record<string, unknown>): { id?: string | undefined } => ({
      id: text(search.id),
    }),
    component: lazyRouteComponent(() => import('@/features/staff/LedgerPage'), 'LedgerPage'),
  }),
  createRoute({
    ...page,
    path: '/ui',
    component: lazyRouteComponent(() => import('@/features/gallery/GalleryPage'), 'GalleryPage'),
  }),
] as const

export const router = createRouter({
  routeTree: root.addChildren(routes),
  scrollRestoration: true,
  defaultPreload: 'intent',
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
