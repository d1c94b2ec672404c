import { useEffect } from 'react'

/** Keep the screen on while this is shown; where the machine cannot, it goes dark as ever. */
export function useWakeLock(isNeeded: boolean): void {
  useEffect(() => {
    if (!isNeeded || !('wakeLock' in navigator)) return undefined
    let lock: WakeLockSentinel | null = null
    let isOver = false
    const take = () => {
      if (document.hidden) return
      navigator.wakeLock.request('screen').then(
        taken => {
          if (isOver) void taken.release()
          else lock = taken
        },
        () => undefined,
      )
    }
    take()
    // The machine lets go of it whenever the page is hidden.
    document.addEventListener('visibilitychange', take)
    return () => {
      isOver = true
      document.removeEventListener('visibilitychange', take)
      void lock?.release()
    }
  }, [isNeeded])
}
