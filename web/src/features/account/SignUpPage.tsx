import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { api, session } from '@/api/client'
import { ApiError } from '@/api/problem'
import { typed } from '@/shared/form'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Check, Field } from '@/ui/Field'
import { wordsFor } from '@/ui/Failure'
import { AuthFrame } from './AuthFrame'
import { PhoneForm } from './PhoneForm'
import { safeNext } from './SignInPage'

const MIN_PASSWORD = 8

/** A new account: by e-mail and password, or by phone. */
export function SignUpPage() {
  useTitle(t('signUp.title'))
  const { next } = useSearch({ from: '/sign-up' })
  const navigate = useNavigate()
  const [byPhone, setByPhone] = useState(false)
  const done = () => void navigate({ to: safeNext(next), replace: true })
  const signingUp = useMutation({
    mutationFn: async (form: FormData) =>
      session.start(
        (await api.post('/v1/auth/signup', {
          body: {
            email: typed(form, 'email'),
            password: typed(form, 'password'),
            display_name: typed(form, 'name'),
            consents: {
              offer_agreement: form.get('agrees') === 'on',
              personal_data: form.get('agrees') === 'on',
              marketing: form.get('marketing') === 'on',
            },
          },
        })) as never,
      ),
    onSuccess: done,
  })
  const refusal = signingUp.error instanceof ApiError ? signingUp.error : null
  const isTaken = refusal?.code === 'email_taken'
  const known = refusal && (isTaken || refusal.fields.size > 0)
  return (
    <AuthFrame title={t('signUp.title')} lead={t('signUp.lead')}>
      {byPhone ? (
        <PhoneForm onDone={done} />
      ) : (
        <form
          className="grid gap-5"
          onSubmit={event => {
            event.preventDefault()
            signingUp.mutate(new FormData(event.currentTarget))
          }}
        >
          <Field
            label={t('account.name')}
            name="name"
            autoComplete="name"
            required
            maxLength={80}
            hint={t('account.nameHint')}
            error={refusal?.fields.get('/display_name')}
          />
          <Field
            label={t('account.email')}
            name="email"
            type="email"
            autoComplete="email"
            required
            error={isTaken ? t('signUp.taken') : refusal?.fields.get('/email')}
          />
          <Field
            label={t('account.password')}
            name="password"
            type="password"
            autoComplete="new-password"
            required
            minLength={MIN_PASSWORD}
            hint={t('account.passwordHint', { n: MIN_PASSWORD })}
            error={refusal?.fields.get('/password')}
          />
          <Check name="agrees" required>
            {t('account.consent')}
          </Check>
          <Check name="marketing">{t('account.marketing')}</Check>
          {signingUp.isError && !known && <Notice tone="bad">{wordsFor(signingUp.error)}</Notice>}
          <Button type="submit" size="large" wide busy={signingUp.isPending}>
            {t('signUp.button')}
          </Button>
        </form>
      )}
      <Button look="quiet" size="small" onClick={() => setByPhone(!byPhone)}>
        {byPhone ? t('signIn.byEmail') : t('signIn.byPhone')}
      </Button>
      <p className="text-center text-sm text-ink-2">
        {t('bid.haveAccount')}{' '}
        <Link
          to="/sign-in"
          search={next ? { next } : {}}
          className="font-semibold text-accent underline underline-offset-4"
        >
          {t('nav.signIn')}
        </Link>
      </p>
    </AuthFrame>
  )
}
