import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Check as Tick, CloudOff } from 'lucide-react'
import { useCallback, useRef, useState } from 'react'
import { api } from '@/api/client'
import { ApiError } from '@/api/problem'
import type { Category, Listing } from '@/api/types'
import { cx } from '@/shared/cx'
import { serverClock } from '@/shared/serverClock'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { Notice, Skeleton } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Failure, wordsFor } from '@/ui/Failure'
import { PageFrame } from '@/ui/Grid'
import { listingQuery } from '@/ui/listings'
import { SignedIn } from '@/ui/SignedIn'
import { toast } from '@/ui/toasts'
import { attributeFields, termFaults, whatFaults, type Faults } from './draft'
import { PicturesStep } from './PicturesStep'
import { publish, PublishKeys } from './publish'
import { ReviewStep } from './ReviewStep'
import { TermsStep } from './TermsStep'
import { useDraft, type Keeping } from './useDraft'
import { WhatStep } from './WhatStep'

const STEPS = [t('sell.stepWhat'), t('sell.stepPictures'), t('sell.stepTerms'), t('sell.stepReview')]
const PUBLISHED_STEPS = 2
const [WHAT, PICTURES, TERMS, REVIEW] = [0, 1, 2, 3]

/** Sell something new, or go on with a draft, or change what is published. */
export function SellPage() {
  const { listingId } = useParams({ strict: false })
  useTitle(t('sell.title'))
  return (
    <PageFrame narrow title={listingId ? t('sell.titleEdit') : t('sell.title')}>
      <SignedIn>
        {() => (listingId ? <Existing key={listingId} listingId={listingId} /> : <Ready listing={null} />)}
      </SignedIn>
    </PageFrame>
  )
}

function Existing({ listingId }: { listingId: string }) {
  const { data, error, refetch } = useQuery(listingQuery(listingId))
  if (error) return <Failure error={error} retry={() => void refetch()} />
  return data ? <Ready listing={data} /> : <Skeleton className="h-96" />
}

function Ready({ listing }: { listing: Listing | null }) {
  const categories = useQuery({
    queryKey: ['categories'],
    queryFn: async () => ((await api.get('/v1/categories')) as unknown as { items: Category[] }).items,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return <Wizard listing={listing} categories={categories.data ?? null} />
}

function useFaults() {
  const [faults, setFaults] = useState<Faults>({})
  return { faults, setFaults }
}

function Wizard({ listing, categories }: { listing: Listing | null; categories: Category[] | null }) {
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const fieldsOf = useCallback(
    (category: string) =>
      categories ? attributeFields(categories.find(one => one.slug === category)) : null,
    [categories],
  )
  const { draft, change: keep, save, keeping, discard, forget } = useDraft(listing, fieldsOf)
  const [step, setStep] = useState(WHAT)
  const { faults, setFaults } = useFaults()
  const keys = useRef(new PublishKeys())
  const top = useRef<HTMLDivElement>(null)
  const lastStep = draft.isPublished ? PUBLISHED_STEPS - 1 : REVIEW

  const faultsOf = (at: number): Faults => {
    if (at === WHAT) return whatFaults(draft, fieldsOf(draft.category) ?? [])
    if (at === PICTURES) return draft.pictures.length > 0 ? {} : { pictures: t('sell.neededPicture') }
    return at === TERMS ? termFaults(draft, serverClock.now()) : {}
  }
  const go = (to: number) => {
    setStep(to)
    top.current?.scrollIntoView({ block: 'start' })
  }
  /** Forward only over what is complete; to the first step that is not. */
  const forward = (to: number): boolean => {
    for (let at = WHAT; at < to; at += 1) {
      const found = faultsOf(at)
      if (Object.keys(found).length === 0) continue
      setFaults(found)
      go(at)
      return false
    }
    setFaults({})
    go(to)
    return true
  }
  const refused = (refusal: unknown) => {
    keys.current.after(refusal)
    if (!(refusal instanceof ApiError) || refusal.fields.size === 0) return
    const named = Object.fromEntries(
      [...refusal.fields].map(([field, words]) => [field.replace(/^\//, ''), words]),
    )
    setFaults(named)
    const isTerm = Object.keys(named).some(
      name => name.endsWith('price') || name === 'duration_seconds' || name === 'starts_at',
    )
    go(isTerm && !draft.isPublished ? TERMS : WHAT)
  }
  const publishing = useMutation({
    mutationFn: async (isLive: boolean) => publish(draft, await save(), isLive, keys.current),
    onSuccess: ({ listingId, auctionId }) => {
      forget()
      void queryClient.invalidateQueries({ queryKey: ['mine'] })
      void queryClient.invalidateQueries({ queryKey: ['auctions'] })
      void queryClient.invalidateQueries({ queryKey: ['listing', listingId] })
      toast(t('sell.published'), 'good')
      if (auctionId === null) void navigate({ to: '/listings/$listingId', params: { listingId } })
      else void navigate({ to: '/auctions/$auctionId', params: { auctionId } })
    },
    onError: refused,
  })
  const saving = useMutation({
    mutationFn: save,
    onSuccess: listingId => {
      forget()
      void queryClient.invalidateQueries({ queryKey: ['listing', listingId] })
      toast(t('app.saved'), 'good')
      void navigate({ to: '/listings/$listingId', params: { listingId } })
    },
    onError: refused,
  })
  const change: typeof keep = changes => {
    if (Object.keys(faults).length > 0) setFaults({})
    keep(changes)
  }
  const refusal = publishing.error ?? saving.error
  const steps = draft.isPublished ? STEPS.slice(0, PUBLISHED_STEPS) : STEPS
  return (
    <div ref={top} className="grid scroll-mt-24 gap-8">
      <Progress steps={steps} step={step} onGo={to => (to < step ? go(to) : forward(to))} keeping={keeping} />
      <h2 className="text-2xl font-bold">{STEPS[step]}</h2>
      {step === WHAT && (
        <WhatStep draft={draft} change={change} categories={categories ?? []} faults={faults} />
      )}
      {step === PICTURES && <PicturesStep draft={draft} change={change} fault={faults.pictures} />}
      {step === TERMS && <TermsStep draft={draft} change={change} faults={faults} />}
      {step === REVIEW && <ReviewStep draft={draft} />}
      {refusal !== null && <Notice tone="bad">{wordsFor(refusal)}</Notice>}
      <div className="flex flex-wrap items-center gap-3">
        {step > WHAT && (
          <Button look="quiet" onClick={() => go(step - 1)}>
            {t('app.back')}
          </Button>
        )}
        {step < lastStep && <Button onClick={() => forward(step + 1)}>{t('sell.next')}</Button>}
        {step === lastStep && draft.isPublished && (
          <Button busy={saving.isPending} onClick={() => forward(step) && saving.mutate()}>
            {t('sell.saveChanges')}
          </Button>
        )}
        {step === REVIEW && (
          <>
            {draft.kind === 'auction' && !draft.startsAt && (
              <Button
                busy={publishing.isPending && publishing.variables}
                onClick={() => publishing.mutate(true)}
              >
                {t('sell.publishLive')}
              </Button>
            )}
            <Button
              look={draft.kind === 'auction' && !draft.startsAt ? 'plain' : 'primary'}
              busy={publishing.isPending && !publishing.variables}
              onClick={() => publishing.mutate(false)}
            >
              {draft.kind === 'auction' && !draft.startsAt ? t('sell.publishOnly') : t('sell.publish')}
            </Button>
          </>
        )}
        {!listing && (draft.title || draft.description) && (
          <Button
            look="quiet"
            className="ml-auto"
            onClick={() => {
              discard()
              go(WHAT)
            }}
          >
            {t('sell.discard')}
          </Button>
        )}
      </div>
    </div>
  )
}

function Progress({
  steps,
  step,
  onGo,
  keeping,
}: {
  steps: string[]
  step: number
  onGo: (to: number) => void
  keeping: Keeping
}) {
  return (
    <div className="grid gap-3">
      <ol className="flex gap-2">
        {steps.map((name, index) => (
          <li key={name} className="flex-1">
            <button
              type="button"
              aria-current={index === step ? 'step' : undefined}
              onClick={() => onGo(index)}
              className="grid w-full gap-2 text-left text-xs font-semibold text-ink-3 aria-[current]:text-ink"
            >
              <span
                className={cx('h-1.5 rounded-full transition', index <= step ? 'bg-accent' : 'bg-line')}
              />
              <span className="hidden sm:block">{name}</span>
              <span className="sr-only sm:hidden">{name}</span>
            </button>
          </li>
        ))}
      </ol>
      <p role="status" className="flex items-center gap-1.5 text-sm text-ink-3">
        {keeping === 'offline' ? (
          <CloudOff aria-hidden="true" className="size-4 text-warn" />
        ) : (
          <Tick aria-hidden="true" className="size-4" />
        )}
        {keeping === 'offline'
          ? t('sell.offline')
          : keeping === 'saved'
            ? t('sell.keptSynced')
            : t('sell.kept')}
      </p>
    </div>
  )
}
