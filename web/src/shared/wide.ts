import { useSyncExternalStore } from 'react'

/** Tailwind's `md`: from here on there is room for two columns. */
const wide = window.matchMedia('(min-width: 48rem)')

function subscribe(listener: () => void): () => void {
  wide.addEventListener('change', listener)
  return () => wide.removeEventListener('change', listener)
}

/** Whether the window is wide: for what would cost too much to be there twice and be hidden once. */
export function useIsWide(): boolean {
  return useSyncExternalStore(subscribe, () => wide.matches)
}
