import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError, NO_CONNECTION } from './problem'
import { SESSION_KEY, SessionStore, type Keep, type Refresh, type User } from './session'

const user = { id: 'u1', display_name: 'Ada' } as User

function tokens(number: number) {
  return {
    access_token: `access-${String(number)}`,
    refresh_token: `refresh-${String(number)}`,
    token_type: 'bearer' as const,
    expires_in: 900,
    user,
  }
}

let keep: Keep
let kept: Map<string, string>

beforeEach(() => {
  kept = new Map()
  keep = {
    getItem: key => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: key => void kept.delete(key),
  }
})

/** A server that gives each refresh token its successor once. */
function server() {
  const asked: string[] = []
  const refresh: Refresh = token => {
    const number = Number(token.split('-')[1])
    if (asked.includes(token)) return Promise.reject(new ApiError('unauthenticated', 401))
    asked.push(token)
    return Promise.resolve(tokens(number + 1))
  }
  return { asked, refresh }
}

describe('the session', () => {
  it('is kept for the next visit', () => {
    new SessionStore(keep, server().refresh).start(tokens(1))
    expect(new SessionStore(keep, server().refresh).get()?.user.id).toBe('u1')
  })

  it('is nobody when what is kept cannot be read', () => {
    kept.set(SESSION_KEY, '{"accessToken":')
    expect(new SessionStore(keep, server().refresh).get()).toBeNull()
    kept.set(SESSION_KEY, '{"accessToken":"a"}')
    expect(new SessionStore(keep, server().refresh).get()).toBeNull()
  })

  it('refreshes once for many callers', async () => {
    const { asked, refresh } = server()
    const store = new SessionStore(keep, refresh)
    store.start(tokens(1))
    const all = await Promise.all([store.renew('access-1'), store.renew('access-1'), store.renew('access-1')])
    expect(asked).toEqual(['refresh-1'])
    expect(all.map(one => one?.accessToken)).toEqual(['access-2', 'access-2', 'access-2'])
  })

  it('does not refresh for a token that has been replaced already', async () => {
    const { asked, refresh } = server()
    const store = new SessionStore(keep, refresh)
    store.start(tokens(2))
    expect((await store.renew('access-1'))?.accessToken).toBe('access-2')
    expect(asked).toEqual([])
  })

  it('takes what another window has refreshed', async () => {
    const { asked, refresh } = server()
    const here = new SessionStore(keep, refresh)
    here.start(tokens(1))
    const there = new SessionStore(keep, refresh)
    await there.renew('access-1')
    expect((await here.renew('access-1'))?.accessToken).toBe('access-2')
    expect(asked).toEqual(['refresh-1'])
  })

  it('survives a window without locks that was faster', async () => {
    const there = server()
    const here = new SessionStore(keep, async token => {
      await new SessionStore(keep, there.refresh).renew('access-1')
      return there.refresh(token)
    })
    here.start(tokens(1))
    expect((await here.renew('access-1'))?.accessToken).toBe('access-2')
    expect(here.get()?.accessToken).toBe('access-2')
  })

  it('ends when the server no longer knows it', async () => {
    const store = new SessionStore(keep, () => Promise.reject(new ApiError('unauthenticated', 401)))
    store.start(tokens(1))
    expect(await store.renew('access-1')).toBeNull()
    expect(store.get()).toBeNull()
    expect(kept.size).toBe(0)
  })

  it('stays when the server could not be asked', async () => {
    const store = new SessionStore(keep, () => Promise.reject(new ApiError(NO_CONNECTION, 0)))
    store.start(tokens(1))
    await expect(store.renew('access-1')).rejects.toThrow(NO_CONNECTION)
    expect(store.get()?.accessToken).toBe('access-1')
  })

  it('follows other windows, and tells only when something has changed', () => {
    const here = new SessionStore(keep, server().refresh)
    const heard: (string | undefined)[] = []
    here.subscribe(session => heard.push(session?.user.id))
    const there = new SessionStore(keep, server().refresh)
    there.start(tokens(1))
    here.reread()
    here.reread()
    there.end()
    here.reread()
    expect(heard).toEqual(['u1', undefined])
  })
})
