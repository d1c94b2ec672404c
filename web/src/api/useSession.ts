import { useSyncExternalStore } from 'react'
import { session } from './client'
import type { User } from './session'

const listen = (listener: () => void) => session.subscribe(listener)

/** The signed-in person; null when nobody is. */
export function useUser(): User | null {
  return useSyncExternalStore(listen, () => session.get()?.user ?? null)
}
