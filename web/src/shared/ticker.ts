import { useCallback, useSyncExternalStore } from 'react'
import { serverClock } from './serverClock'

/** Ends do not fall on full seconds, so we look more often; only what changes renders. */
const BEAT_MS = 200
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setTimeout> | null = null

function beat(): void {
  timer = null
  for (const listener of listeners) listener()
  arm()
}

/** One timer for every countdown of the page; none while it is hidden. */
function arm(): void {
  if (timer !== null || listeners.size === 0 || document.hidden) return
  timer = setTimeout(beat, BEAT_MS - (serverClock.now() % BEAT_MS) + 1)
}

function reset(): void {
  if (timer !== null) clearTimeout(timer)
  beat()
}

function listen(listener: () => void): () => void {
  if (listeners.size === 0) document.addEventListener('visibilitychange', reset)
  listeners.add(listener)
  arm()
  const stop = serverClock.subscribe(listener)
  return () => {
    stop()
    listeners.delete(listener)
    if (listeners.size > 0) return
    document.removeEventListener('visibilitychange', reset)
    if (timer !== null) clearTimeout(timer)
    timer = null
  }
}

/**
 * A value of the server's time, looked at anew a few times a second; the component renders only when it changes. `read` must be
 * pure and give a primitive.
 */
export function useServerTime<Value extends string | number | boolean>(
  read: (nowMs: number) => Value,
): Value {
  return useSyncExternalStore(
    useCallback((listener: () => void) => listen(listener), []),
    () => read(serverClock.now()),
  )
}
