import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { api, session } from '@/api/client'
import { typed } from '@/shared/form'
import { useTitle } from '@/shared/title'
import { t } from '@/strings/t'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/Field'
import { wordsFor } from '@/ui/Failure'
import { AuthFrame } from './AuthFrame'
import { PhoneForm } from './PhoneForm'

/** A path of ours, or home: an address from elsewhere must not send people away. */
export const safeNext = (next: string | undefined): string =>
  next?.startsWith('/') && !next.startsWith('//') ? next : '/'

/** Sign in by e-mail and password, or by phone. */
export function SignInPage() {
  useTitle(t('signIn.title'))
  const { next } = useSearch({ from: '/sign-in' })
  const navigate = useNavigate()
  const [byPhone, setByPhone] = useState(false)
  const done = () => void navigate({ to: safeNext(next), replace: true })
  const signingIn = useMutation({
    mutationFn: async (form: FormData) =>
      session.start(
        (await api.post('/v1/auth/login', {
          body: { email: typed(form, 'email'), password: typed(form, 'password') },
        })) as never,
      ),
    onSuccess: done,
  })
  return (
    <AuthFrame title={t('signIn.title')} lead={t('signIn.lead')}>
      {byPhone ? (
        <PhoneForm onDone={done} />
      ) : (
        <form
          className="grid gap-5"
          onSubmit={event => {
            event.preventDefault()
            signingIn.mutate(new FormData(event.currentTarget))
          }}
        >
          <Field label={t('account.email')} name="email" type="email" autoComplete="email" required />
          <Field
            label={t('account.password')}
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
          {signingIn.isError && <Notice tone="bad">{wordsFor(signingIn.error)}</Notice>}
          <Button type="submit" size="large" wide busy={signingIn.isPending}>
            {t('signIn.button')}
          </Button>
        </form>
      )}
      <Button look="quiet" size="small" onClick={() => setByPhone(!byPhone)}>
        {byPhone ? t('signIn.byEmail') : t('signIn.byPhone')}
      </Button>
      <p className="text-center text-sm text-ink-2">
        {t('signIn.newHere')}{' '}
        <Link
          to="/sign-up"
          search={next ? { next } : {}}
          className="font-semibold text-accent underline underline-offset-4"
        >
          {t('signUp.title')}
        </Link>
      </p>
    </AuthFrame>
  )
}
