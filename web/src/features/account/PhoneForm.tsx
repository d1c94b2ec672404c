import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, session } from '@/api/client'
import { ApiError } from '@/api/problem'
import { market } from '@/shared/market'
import { t } from '@/strings/t'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Check, Field } from '@/ui/Field'
import { wordsFor } from '@/ui/Failure'

/** Sign in or up by a code sent to a phone; a newcomer is asked for a name and consent once the code is right. */
export function PhoneForm({ onDone }: { onDone: () => void }) {
  const [phone, setPhone] = useState(market.phonePrefix)
  const [code, setCode] = useState('')
  const [name, setName] = useState('')
  const [agrees, setAgrees] = useState(false)
  const [isNew, setNew] = useState(false)
  const sending = useMutation({ mutationFn: () => api.post('/v1/auth/phone/send-code', { body: { phone } }) })
  const verifying = useMutation({
    mutationFn: async () =>
      session.start(
        (await api.post('/v1/auth/phone/verify', {
          body: {
            phone,
            code,
            ...(isNew && {
              display_name: name,
              consents: { offer_agreement: agrees, personal_data: agrees, marketing: false },
            }),
          },
        })) as never,
      ),
    onSuccess: onDone,
    onError: error => {
      if (error instanceof ApiError && error.code === 'consent_required') setNew(true)
    },
  })
  if (!sending.isSuccess) {
    return (
      <form
        className="grid gap-5"
        onSubmit={event => {
          event.preventDefault()
          sending.mutate()
        }}
      >
        <Field
          label={t('phone.label')}
          hint={t('phone.hint')}
          error={sending.isError ? wordsFor(sending.error) : null}
          type="tel"
          autoComplete="tel"
          required
          value={phone}
          onChange={event => setPhone(event.target.value)}
        />
        <Button type="submit" size="large" wide busy={sending.isPending}>
          {t('phone.send')}
        </Button>
      </form>
    )
  }
  const asksName = isNew && verifying.error instanceof ApiError && verifying.error.code === 'consent_required'
  return (
    <form
      className="grid gap-5"
      onSubmit={event => {
        event.preventDefault()
        verifying.mutate()
      }}
    >
      <Notice tone="good">{t('phone.sent', { phone })}</Notice>
      <Field
        label={t('phone.code')}
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        value={code}
        onChange={event => setCode(event.target.value.trim())}
        className="figures text-center text-2xl tracking-[0.3em]"
      />
      {isNew && (
        <>
          <Field
            label={t('account.name')}
            autoComplete="name"
            required
            value={name}
            onChange={event => setName(event.target.value)}
          />
          <Check checked={agrees} required onChange={event => setAgrees(event.target.checked)}>
            {t('account.consent')}
          </Check>
        </>
      )}
      {verifying.isError && !asksName && <Notice tone="bad">{wordsFor(verifying.error)}</Notice>}
      {asksName && <Notice tone="neutral">{t('phone.newHere')}</Notice>}
      <Button type="submit" size="large" wide busy={verifying.isPending}>
        {t('phone.verify')}
      </Button>
    </form>
  )
}
