import type { components } from './schema'
import { ApiError } from './problem'

export type User = components['schemas']['UserView']
type Tokens = components['schemas']['SessionTokens']

/** What is kept between visits. */
export interface Session {
  accessToken: string
  refreshToken: string
  user: User
}

/** The part of `localStorage` we use. */
export type Keep = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
/** Runs work while no other window of this person does the same. */
export type Exclusive = <Result>(work: () => Promise<Result>) => Promise<Result>
/** Trades a refresh token for new tokens; rejects with ApiError. */
export type Refresh = (refreshToken: string) => Promise<Tokens>

export const SESSION_KEY = 'outcry.session'
/** These mean that the refresh token is no longer good; anything else may pass. */
const ENDED = new Set([400, 401, 403, 422])

/**
 * Who is signed in, shared by all windows of the browser. Refresh tokens are good once, so a refresh runs once at a
 * time: within the window by one promise, between windows by a lock and a second look at what is kept.
 */
export class SessionStore {
  private readonly keep: Keep
  private readonly refreshTokens: Refresh
  private readonly exclusive: Exclusive
  private readonly listeners = new Set<(session: Session | null) => void>()
  private current: Session | null
  private refreshing: Promise<Session | null> | null = null

  constructor(keep: Keep, refreshTokens: Refresh, exclusive: Exclusive = work => work()) {
    this.keep = keep
    this.refreshTokens = refreshTokens
    this.exclusive = exclusive
    this.current = read(keep)
  }

  /** The session now; null when nobody is signed in. The same object until something changes. */
  get(): Session | null {
    return this.current
  }

  subscribe(listener: (session: Session | null) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** After sign-in, sign-up and refresh. */
  start(tokens: Tokens): Session {
    const session = {
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token,
      user: tokens.user,
    }
    this.set(session)
    return session
  }

  /** The person's own particulars have changed. */
  update(user: User): void {
    if (this.current?.user.id === user.id) this.set({ ...this.current, user })
  }

  /** Sign out here: nothing is kept. The server is told by the caller. */
  end(): void {
    this.set(null)
  }

  /** Another window has written what is kept. */
  reread(): void {
    const kept = read(this.keep)
    if (JSON.stringify(kept) !== JSON.stringify(this.current)) this.announce(kept)
  }

  /**
   * A session whose access token is not `spent`: refreshed when needed, by this window or another. Null when it has
   * ended. Rejects when the server could not be asked; the session then stays.
   */
  renew(spent: string): Promise<Session | null> {
    if (this.current && this.current.accessToken !== spent) return Promise.resolve(this.current)
    this.refreshing ??= this.exclusive(() => this.refresh(spent)).finally(() => {
      this.refreshing = null
    })
    return this.refreshing
  }

  private async refresh(spent: string): Promise<Session | null> {
    this.reread()
    const session = this.current
    if (session?.accessToken !== spent) return session
    try {
      return this.start(await this.refreshTokens(session.refreshToken))
    } catch (refusal) {
      if (!(refusal instanceof ApiError) || !ENDED.has(refusal.status)) throw refusal
      // A window that knows no lock may have been faster.
      this.reread()
      if (this.current && this.current.accessToken !== spent) return this.current
      this.end()
      return null
    }
  }

  private set(session: Session | null): void {
    try {
      if (session) this.keep.setItem(SESSION_KEY, JSON.stringify(session))
      else this.keep.removeItem(SESSION_KEY)
    } catch {
      // Private windows may keep nothing; the session then lasts as long as the page.
    }
    this.announce(session)
  }

  private announce(session: Session | null): void {
    this.current = session
    for (const listener of [...this.listeners]) listener(session)
  }
}

function read(keep: Keep): Session | null {
  try {
    const kept = JSON.parse(keep.getItem(SESSION_KEY) ?? 'null') as Partial<Session> | null
    return kept?.accessToken && kept.refreshToken && kept.user?.id ? (kept as Session) : null
  } catch {
    return null
  }
}
