import { useSyncExternalStore } from 'react'
import { live } from './live'
import type { Status } from './socket'

/** As the socket has it, or `offline` when the machine itself knows that it has no network. */
export type Connection = Status | 'offline'

function listen(listener: () => void): () => void {
  const stop = live.subscribe(listener)
  globalThis.addEventListener('online', listener)
  globalThis.addEventListener('offline', listener)
  return () => {
    stop()
    globalThis.removeEventListener('online', listener)
    globalThis.removeEventListener('offline', listener)
  }
}

/** How the page is connected to the server. */
export function useConnection(): Connection {
  return useSyncExternalStore(listen, () => (navigator.onLine ? live.status() : 'offline'))
}
