import { Bell, Gavel, Heart } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { ApiError, NO_CONNECTION } from '@/api/problem'
import { oneDecimal } from '@/shared/ratings'
import { serverClock } from '@/shared/serverClock'
import { useTitle } from '@/shared/title'
import { p } from '@/strings/people'
import { t } from '@/strings/t'
import { Avatar, Badge, EmptyState, Notice, Picture, Price, Skeleton, type BadgeTone } from '@/ui/bits'
import { Button, IconButton, type Look, type Size } from '@/ui/Button'
import { ConnectionPill } from '@/ui/ConnectionPill'
import { Countdown } from '@/ui/Countdown'
import { Failure } from '@/ui/Failure'
import { Check, Field, MoneyField, Select, TextField } from '@/ui/Field'
import { PageFrame, Section } from '@/ui/Grid'
import { RatingLine, Stars } from '@/ui/Rating'
import { Sheet } from '@/ui/Sheet'
import { toast, type Tone } from '@/ui/toasts'

const LOOKS: Look[] = ['primary', 'plain', 'quiet', 'danger']
const SIZES: Size[] = ['small', 'medium', 'large']
const BADGES: BadgeTone[] = ['neutral', 'live', 'good', 'warn', 'bad']
const TOASTS: Tone[] = ['plain', 'good', 'warn', 'bad']
const COLOURS = [
  'paper',
  'raised',
  'sunken',
  'line',
  'ink',
  'ink-2',
  'ink-3',
  'accent',
  'accent-soft',
  'good',
  'good-soft',
  'star',
  'warn',
  'warn-soft',
  'bad',
  'bad-soft',
]
const TYPE = ['text-5xl', 'text-4xl', 'text-3xl', 'text-2xl', 'text-xl']
const AMOUNTS = [5, 199, 42_000, 1_234_567, 9_999_999_900]
const RATED = [5, 3.5, 1]
const SECONDS = [8, 45, 250, 7_500, 400_000]

const Row = ({ children }: { children: ReactNode }) => (
  <div className="flex flex-wrap items-center gap-3">{children}</div>
)

/** Every component of the design system in all its states. */
export function GalleryPage() {
  useTitle(t('gallery.title'))
  const [isOpen, setOpen] = useState(false)
  const [amount, setAmount] = useState<number | null>(12_345)
  const [opened] = useState(() => serverClock.now())
  const sample = t('gallery.sample')
  return (
    <PageFrame title={t('gallery.title')} lead={t('gallery.lead')}>
      <Section title={t('gallery.type')}>
        <div className="grid gap-2">
          {TYPE.map(size => (
            <p key={size} className={`font-display font-extrabold ${size}`}>
              {sample}
            </p>
          ))}
          <p className="text-ink-2">{sample}</p>
          <p className="text-sm text-ink-3">{sample}</p>
        </div>
      </Section>
      <Section title={t('gallery.colours')}>
        <div className="grid grid-cols-3 gap-3 sm:grid-cols-5">
          {COLOURS.map(name => (
            <figure key={name} className="grid gap-1 text-xs text-ink-2">
              <div className="h-14 rounded-xl border border-line" style={{ background: `var(--${name})` }} />
              {name}
            </figure>
          ))}
        </div>
      </Section>
      <Section title={t('gallery.buttons')}>
        <div className="grid gap-4">
          {LOOKS.map(look => (
            <Row key={look}>
              {SIZES.map(size => (
                <Button key={size} look={look} size={size}>
                  {look}
                </Button>
              ))}
              <Button look={look} disabled>
                {look}
              </Button>
              <Button look={look} busy>
                {look}
              </Button>
            </Row>
          ))}
          <Row>
            <IconButton label={t('nav.notifications')}>
              <Bell className="size-5" />
            </IconButton>
            <IconButton label={t('watch.start')} className="border border-line bg-raised">
              <Heart className="size-5" />
            </IconButton>
          </Row>
        </div>
      </Section>
      <Section title={t('gallery.fields')}>
        <div className="grid gap-6 sm:grid-cols-2">
          <Field label={t('account.name')} hint={t('account.nameHint')} placeholder={sample} />
          <Field label={t('account.email')} error={t('signUp.taken')} defaultValue="ann@example.com" />
          <MoneyField
            label={t('bid.maximumLabel')}
            hint={t('bid.maximumHint')}
            currency="USD"
            value={amount}
            onChange={setAmount}
            big
          />
          <MoneyField
            label={t('bid.amountLabel')}
            error={t('bid.tooLow')}
            currency="KZT"
            value={amount}
            onChange={setAmount}
          />
          <Select
            label={t('search.condition')}
            options={[
              ['new', t('condition.new')],
              ['used', t('condition.used')],
            ]}
          />
          <Field label={t('account.name')} defaultValue={sample} disabled />
          <TextField label={t('sell.description')} hint={t('sell.descriptionHint')} />
          <div className="grid content-start gap-4">
            <Check defaultChecked>{t('account.marketing')}</Check>
            <Check error={t('sell.needed')}>{t('account.consent')}</Check>
          </div>
        </div>
      </Section>
      <Section title={t('gallery.badges')}>
        <div className="grid gap-4">
          <Row>
            {BADGES.map(tone => (
              <Badge key={tone} tone={tone}>
                {tone}
              </Badge>
            ))}
            <ConnectionPill />
            <Avatar name="Ada Lovelace" />
          </Row>
          <Row>
            {RATED.map(stars => (
              <Stars key={stars} stars={stars} label={p('rated.average', { average: oneDecimal(stars) })} />
            ))}
            <RatingLine rating={{ average: 4.83, count: 12, by_stars: [0, 0, 0, 2, 10] }} />
            <RatingLine rating={{ average: null, count: 0, by_stars: [0, 0, 0, 0, 0] }} />
          </Row>
          {(['neutral', 'good', 'warn', 'bad'] as const).map(tone => (
            <Notice key={tone} tone={tone}>
              {sample}
            </Notice>
          ))}
        </div>
      </Section>
      <Section title={t('gallery.prices')}>
        <div className="grid gap-4">
          <Row>
            {AMOUNTS.map(one => (
              <Price key={one} amount={one} currency="USD" className="mr-6 text-4xl" />
            ))}
            <Price amount={1_250_000} currency="KZT" className="mr-6 text-4xl" />
            <Price amount={125_000} currency="JPY" className="text-4xl" />
          </Row>
          <Row>
            {SECONDS.map(one => (
              <Countdown
                key={one}
                endsAt={new Date(opened + one * 1_000).toISOString()}
                className="mr-8 font-display text-3xl font-bold"
              />
            ))}
          </Row>
        </div>
      </Section>
      <Section title={t('gallery.empty')}>
        <div className="grid gap-6 md:grid-cols-3">
          <EmptyState icon={<Gavel className="size-7" />} title={t('bids.emptyTitle')}>
            {t('bids.empty')}
          </EmptyState>
          <div className="grid content-start gap-3">
            <Skeleton className="aspect-4/3 rounded-2xl" />
            <Skeleton className="h-4 w-3/4" />
            <Picture src={null} alt={sample} className="aspect-4/3 rounded-2xl" />
          </div>
          <Failure error={new ApiError(NO_CONNECTION, 0)} retry={() => toast(t('app.retry'))} />
        </div>
      </Section>
      <Section title={t('gallery.sheet')}>
        <Row>
          <Button look="plain" onClick={() => setOpen(true)}>
            {t('selling.open')}
          </Button>
          {TOASTS.map(tone => (
            <Button
              key={tone}
              look="plain"
              size="small"
              onClick={() => toast(sample, tone, { to: '/', text: t('toast.look') })}
            >
              {tone}
            </Button>
          ))}
        </Row>
        <Sheet title={t('bid.sheetTitle')} isOpen={isOpen} onClose={() => setOpen(false)}>
          <p className="text-ink-2">{sample}</p>
        </Sheet>
      </Section>
    </PageFrame>
  )
}
