import { session } from '@/api/client'
import { serverClock } from '@/shared/serverClock'
import { LiveSocket, type Line } from './socket'

const PATH = '/v1/live'
const TICK_MS = 1_000

function open(): Line {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return new WebSocket(`${scheme}//${location.host}${PATH}`) as unknown as Line
}

/** The one socket of the page. */
export const live = new LiveSocket({
  open,
  clock: serverClock,
  random: () => Math.random(),
  isOnline: () => navigator.onLine,
  token: () => session.get()?.accessToken ?? null,
  renew: async spent => (await session.renew(spent))?.accessToken ?? null,
})

session.subscribe(() => live.sessionChanged())

const nudge = () => {
  if (!document.hidden) live.nudge()
}
setInterval(() => live.tick(), TICK_MS)
document.addEventListener('visibilitychange', nudge)
globalThis.addEventListener('online', nudge)
globalThis.addEventListener('pageshow', nudge)
