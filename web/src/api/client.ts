import { serverClock } from '@/shared/serverClock'
import { newKey } from './key'
import { ApiError, NO_CONNECTION, problemOf, UNREADABLE } from './problem'
import type { paths } from './schema'
import { SESSION_KEY, SessionStore, type Exclusive } from './session'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type PathsWith<M extends Method> = {
  [Path in keyof paths]: paths[Path][M] extends { responses: unknown } ? Path : never
}[keyof paths]

type Operation<Path extends keyof paths, M extends Method> = NonNullable<paths[Path][M]>
type PartOf<Of, Name extends string> = Of extends { parameters: Partial<Record<Name, infer Part>> }
  ? NonNullable<Part>
  : never
type BodyOf<Of> = Of extends { requestBody?: { content: { 'application/json': infer Body } } } ? Body : never
type Json<Answer> = Answer extends { content: { 'application/json': infer Body } } ? Body : undefined
type AnswerOf<Of> = Of extends { responses: infer Answers }
  ? Json<Answers[Extract<keyof Answers, 200 | 201 | 202 | 204>]>
  : never

// A part that the document names must be given when anything in it must be; else it may be left out.
type Part<Name extends string, Value> = [Value] extends [never]
  ? Partial<Record<Name, undefined>>
  : Partial<Value> extends Value
    ? Partial<Record<Name, Value>>
    : Record<Name, Value>

export type Options<Path extends keyof paths, M extends Method> = Part<
  'path',
  PartOf<Operation<Path, M>, 'path'>
> &
  Part<'query', PartOf<Operation<Path, M>, 'query'>> &
  Part<'body', BodyOf<Operation<Path, M>>> & {
    /** Idempotency-Key of a POST; a fresh one when left out. Give your own to repeat safely. */
    key?: string | undefined
  }
type Rest<Path extends keyof paths, M extends Method> =
  Partial<Options<Path, M>> extends Options<Path, M>
    ? [options?: Options<Path, M>]
    : [options: Options<Path, M>]

interface LooseOptions {
  path?: Record<string, unknown> | undefined
  query?: Record<string, string | number | boolean | null | undefined> | undefined
  body?: unknown
  key?: string | undefined
}

const LOCK = 'outcry.refresh'
const locked: Exclusive = work =>
  'locks' in navigator ? navigator.locks.request(LOCK, () => work()).then(result => result) : work()

/** Who is signed in, in every window of this browser. */
export const session = new SessionStore(
  globalThis.localStorage,
  refreshToken => send('POST', '/v1/auth/refresh', { body: { refresh_token: refreshToken } }, null) as never,
  locked,
)

globalThis.addEventListener('storage', event => {
  if (event.key === SESSION_KEY || event.key === null) session.reread()
})

// What was asked for somebody who has left is not waited for, and would only be refused. What changes something is.
const reading = new Set<AbortController>()
session.subscribe(now => {
  if (now === null) for (const one of [...reading]) one.abort()
})

async function call(method: string, path: string, options: LooseOptions = {}): Promise<unknown> {
  // A repetition after a refresh is the same call.
  const keyed = method === 'POST' ? { ...options, key: options.key ?? newKey() } : options
  const token = session.get()?.accessToken ?? null
  try {
    return await send(method, path, keyed, token)
  } catch (refusal) {
    if (token === null || !(refusal instanceof ApiError) || refusal.status !== 401) throw refusal
    const renewed = await session.renew(token)
    // Without a session it is asked as anybody may; what only members may see is refused once more.
    return send(method, path, keyed, renewed?.accessToken ?? null)
  }
}

async function send(
  method: string,
  path: string,
  options: LooseOptions,
  token: string | null,
): Promise<unknown> {
  const headers = new Headers({ Accept: 'application/json' })
  if (token) headers.set('Authorization', `Bearer ${token}`)
  if (options.key) headers.set('Idempotency-Key', options.key)
  if (options.body !== undefined) headers.set('Content-Type', 'application/json')
  const askedAt = serverClock.mark()
  const ending = new AbortController()
  if (method === 'GET' && token) reading.add(ending)
  let response: Response
  try {
    response = await fetch(address(path, options), {
      method,
      headers,
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      signal: ending.signal,
    })
  } catch {
    throw new ApiError(NO_CONNECTION, 0)
  } finally {
    reading.delete(ending)
  }
  if (!response.ok) throw await problemOf(response)
  return read(response, askedAt)
}

async function read(response: Response, askedAt: number): Promise<unknown> {
  try {
    const text = await response.text()
    if (text === '') return undefined
    const answer = JSON.parse(text) as Record<string, unknown> | null
    if (typeof answer?.server_time === 'string') serverClock.learn(answer.server_time, askedAt)
    return answer
  } catch {
    throw new ApiError(UNREADABLE, response.status)
  }
}

function address(path: string, options: LooseOptions): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(options.path?.[name])),
  )
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(options.query ?? {}))
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value))
  const text = query.toString()
  return text ? `${filled}?${text}` : filled
}

type Caller<M extends Method> = <Path extends PathsWith<M>>(
  path: Path,
  ...rest: Rest<Path, M>
) => Promise<AnswerOf<Operation<Path, M>>>

const caller = <M extends Method>(method: M) =>
  ((path: string, options?: LooseOptions) => call(method.toUpperCase(), path, options)) as Caller<M>

/**
 * The server, typed by its own document: `api.get('/v1/auctions/{auction_id}', { path: { auction_id } })`. A refusal
 * is thrown as ApiError. Tokens, their refresh and Idempotency-Keys are taken care of.
 */
export const api = {
  get: caller('get'),
  post: caller('post'),
  put: caller('put'),
  patch: caller('patch'),
  delete: caller('delete'),
}
