import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import {
  Bell,
  ChevronRight,
  Gavel,
  Heart,
  PackageOpen,
  Scale,
  Store,
  WalletMinimal,
  type LucideIcon,
} from 'lucide-react'
import { useState } from 'react'
import { api, session } from '@/api/client'
import { ApiError } from '@/api/problem'
import type { components } from '@/api/schema'
import type { User } from '@/api/session'
import { formatDateTime, formatDay } from '@/shared/dates'
import { typed } from '@/shared/form'
import { isStaff } from '@/shared/roles'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { Avatar, Badge, Notice, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Check, Field, Select } from '@/ui/Field'
import { wordsFor } from '@/ui/Failure'
import { PageFrame } from '@/ui/Grid'
import { Sheet } from '@/ui/Sheet'
import { SignedIn } from '@/ui/SignedIn'
import { toast } from '@/ui/toasts'

type SessionView = components['schemas']['SessionView']
type ConsentView = components['schemas']['ConsentView']

/** The person: where things are, details, devices, data. */
export function ProfilePage() {
  useTitle(t('profile.title'))
  return (
    <PageFrame narrow>
      <SignedIn>{user => <Mine key={user.id} user={user} />}</SignedIn>
    </PageFrame>
  )
}

type Place = readonly [to: string, icon: LucideIcon, name: string, lead: string]
const STAFF: Place = ['/staff', Scale, t('profile.go.staff'), t('profile.go.staffLead')]
const PLACES: readonly Place[] = [
  ['/orders', PackageOpen, t('profile.go.orders'), t('profile.go.ordersLead')],
  ['/wallet', WalletMinimal, t('profile.go.wallet'), t('profile.go.walletLead')],
  ['/me/bids', Gavel, t('profile.go.bids'), t('profile.go.bidsLead')],
  ['/me/auctions', Store, t('profile.go.auctions'), t('profile.go.auctionsLead')],
  ['/me/watchlist', Heart, t('profile.go.watchlist'), t('profile.go.watchlistLead')],
  ['/me/notifications', Bell, t('profile.go.notifications'), t('profile.go.notificationsLead')],
]

function Mine({ user }: { user: User }) {
  return (
    <>
      <div className="flex items-center gap-5">
        <Avatar name={user.display_name} className="size-16 text-xl!" />
        <div className="min-w-0">
          <h1 className="truncate text-3xl font-extrabold sm:text-4xl">{user.display_name}</h1>
          <p className="text-ink-2">{t('profile.lead', { day: formatDay(user.created_at) })}</p>
          <Link
            to="/people/$userId"
            params={{ userId: user.id }}
            className="text-sm font-semibold text-accent hover:underline"
          >
            {t('profile.public')}
          </Link>
        </div>
      </div>
      <nav aria-label={t('profile.title')} className="grid grid-cols-1 gap-3 sm:grid-cols-2">
        {[...PLACES, ...(isStaff(user) ? [STAFF] : [])].map(([to, Icon, name, lead]) => (
          <Link
            key={to}
            to={to}
            className="group flex items-center gap-4 rounded-2xl border border-line bg-raised p-4 transition hover:border-line-strong"
          >
            <span className="grid size-11 shrink-0 place-items-center rounded-full bg-accent-soft text-accent">
              <Icon aria-hidden="true" className="size-5" />
            </span>
            <span className="min-w-0 flex-1">
              <span className="block font-semibold">{name}</span>
              <span className="block truncate text-sm text-ink-3">{lead}</span>
            </span>
            <ChevronRight
              aria-hidden="true"
              className="size-5 text-ink-3 transition group-hover:translate-x-0.5"
            />
          </Link>
        ))}
      </nav>
      <Details user={user} />
      {/* Above what is still to arrive: a button that moves under the finger is not pressed. */}
      <SignOut />
      <Devices />
      <Privacy />
    </>
  )
}

function Card({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="grid gap-5 rounded-3xl border border-line bg-raised p-5 sm:p-7">
      <h2 className="text-xl font-bold">{title}</h2>
      {children}
    </section>
  )
}

const ZONES = Intl.supportedValuesOf('timeZone')

function Details({ user }: { user: User }) {
  const saving = useMutation({
    mutationFn: async (form: FormData) =>
      (await api.patch('/v1/users/me', {
        body: { display_name: typed(form, 'name'), time_zone: typed(form, 'zone') },
      })) as User,
    onSuccess: changed => {
      session.update(changed)
      toast(t('app.saved'), 'good')
    },
  })
  const refusal = saving.error instanceof ApiError ? saving.error : null
  const zones = ZONES.includes(user.time_zone) ? ZONES : [user.time_zone, ...ZONES]
  const addresses: [string, string | null, boolean][] = [
    [t('profile.email'), user.email, user.verified.email],
    [t('profile.phone'), user.phone, user.verified.phone],
  ]
  return (
    <Card title={t('profile.details')}>
      <form
        className="grid gap-5"
        onSubmit={event => {
          event.preventDefault()
          saving.mutate(new FormData(event.currentTarget))
        }}
      >
        <Field
          label={t('account.name')}
          name="name"
          autoComplete="name"
          defaultValue={user.display_name}
          required
          maxLength={80}
          error={refusal?.fields.get('/display_name')}
        />
        <Select
          label={t('profile.timeZone')}
          name="zone"
          defaultValue={user.time_zone}
          options={zones.map(zone => [zone, zone.replaceAll('_', ' ')] as const)}
        />
        <dl className="grid gap-2 text-sm">
          {addresses
            .filter(([, address]) => address !== null)
            .map(([name, address, isVerified]) => (
              <div key={name} className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <dt className="w-16 text-ink-3">{name}</dt>
                <dd className="min-w-0 flex-1 truncate font-semibold">{address}</dd>
                <dd>
                  <Badge tone={isVerified ? 'good' : 'warn'}>
                    {isVerified ? t('profile.verified') : t('profile.unverified')}
                  </Badge>
                </dd>
              </div>
            ))}
        </dl>
        {refusal?.fields.size === 0 && <Notice tone="bad">{wordsFor(refusal)}</Notice>}
        <Button type="submit" busy={saving.isPending} className="justify-self-start">
          {t('app.save')}
        </Button>
      </form>
    </Card>
  )
}

function Devices() {
  const queryClient = useQueryClient()
  const found = useQuery({
    queryKey: ['mine', 'sessions'],
    queryFn: async () =>
      ((await api.get('/v1/users/me/sessions')) as unknown as { items: SessionView[] }).items,
  })
  const ending = useMutation({
    mutationFn: (id: string) =>
      api.delete('/v1/users/me/sessions/{session_id}', { path: { session_id: id } }),
    onError: error => toast(wordsFor(error), 'bad'),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['mine', 'sessions'] }),
  })
  return (
    <Card title={t('profile.sessions')}>
      {found.isPending && <Skeleton className="h-10" />}
      {found.isError && <Notice tone="bad">{wordsFor(found.error)}</Notice>}
      <ul className="grid gap-3">
        {found.data?.map(one => (
          <li key={one.id} className="flex items-center gap-4 text-sm">
            <span className="min-w-0 flex-1">
              <span className="block font-semibold">
                {one.current ? t('profile.sessionHere') : one.origin}
              </span>
              <span className="text-ink-3">
                {t('profile.sessionUsed', { at: formatDateTime(one.used_at) })}
              </span>
            </span>
            {!one.current && (
              <Button
                size="small"
                look="plain"
                busy={ending.isPending && ending.variables === one.id}
                onClick={() => ending.mutate(one.id)}
              >
                {t('profile.sessionEnd')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** Everything as one file, made by the browser from what the server says. */
async function download(): Promise<void> {
  const everything = await api.get('/v1/users/me/export')
  const file = new Blob([JSON.stringify(everything, null, 2)], { type: 'application/json' })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = 'outcry-my-data.json'
  link.click()
  URL.revokeObjectURL(link.href)
}

function Privacy() {
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const [isAsking, setAsking] = useState(false)
  const consents = useQuery({
    queryKey: ['mine', 'consents'],
    queryFn: async () =>
      ((await api.get('/v1/users/me/consents')) as unknown as { items: ConsentView[] }).items,
  })
  const choosing = useMutation({
    mutationFn: (marketing: boolean) => api.put('/v1/users/me/consents', { body: { marketing } }),
    onError: error => toast(wordsFor(error), 'bad'),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['mine', 'consents'] }),
  })
  const fetching = useMutation({ mutationFn: download, onError: error => toast(wordsFor(error), 'bad') })
  const deleting = useMutation({
    mutationFn: () => api.delete('/v1/users/me'),
    onSuccess: () => {
      session.end()
      void navigate({ to: '/' })
    },
  })
  const marketing = consents.data?.find(one => one.kind === 'marketing')
  const isGranted = choosing.isPending ? choosing.variables : marketing?.granted === true
  return (
    <Card title={t('profile.privacy')}>
      <Check
        checked={isGranted}
        disabled={!marketing}
        onChange={event => choosing.mutate(event.target.checked)}
      >
        {t('profile.marketing')}
      </Check>
      <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
        <span className="text-ink-2">{t('profile.export')}</span>
        <Button size="small" look="plain" busy={fetching.isPending} onClick={() => fetching.mutate()}>
          {t('profile.exportButton')}
        </Button>
      </div>
      <Button size="small" look="danger" className="justify-self-start" onClick={() => setAsking(true)}>
        {t('profile.delete')}
      </Button>
      <Sheet title={t('profile.delete')} isOpen={isAsking} onClose={() => setAsking(false)}>
        <div className="grid gap-5">
          <p className="text-ink-2">{t('profile.deleteLead')}</p>
          {deleting.isError && <Notice tone="bad">{wordsFor(deleting.error)}</Notice>}
          <Button look="danger" size="large" wide busy={deleting.isPending} onClick={() => deleting.mutate()}>
            {t('profile.deleteConfirm')}
          </Button>
        </div>
      </Sheet>
    </Card>
  )
}

function SignOut() {
  const navigate = useNavigate()
  // Here the session ends first, whatever the server says: nothing is asked with a token that is no good any more.
  const leave = () => {
    const token = session.get()?.refreshToken
    session.end()
    void navigate({ to: '/' })
    if (token) api.delete('/v1/auth/logout', { body: { refresh_token: token } }).catch(() => undefined)
  }
  return (
    <Button look="plain" size="large" onClick={leave}>
      {t('profile.signOut')}
    </Button>
  )
}
