import { QueryClient, QueryClientProvider, notifyManager } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, startTransition } from 'react'
import { createRoot } from 'react-dom/client'
import { session } from '@/api/client'
import { ApiError } from '@/api/problem'
import '@/ui/tokens.css'
import { router } from './router'
import { takingThePlaceOf } from './handOver'

const FRESH_MS = 15_000
const RETRIES = 2
const SERVICE_WORKER_AFTER_MS = 1_000

// A price is drawn in the turn it came in, not in a later one.
notifyManager.setScheduler(queueMicrotask)

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      refetchOnWindowFocus: false,
      // A refusal stays a refusal; only what nobody answered is asked again.
      retry: (failures, error) => failures < RETRIES && (!(error instanceof ApiError) || error.isUnanswered),
    },
  },
})

// What one person was shown is not the next person's.
let person = session.get()?.user.id
session.subscribe(now => {
  if (now?.user.id === person) return
  person = now?.user.id
  queryClient.clear()
})

// After a new version was put up, the pieces of the old one are gone.
addEventListener('vite:preloadError', () => location.reload())

const place = document.getElementById('root')
if (place) {
  const client = takingThePlaceOf(place, router, queryClient)
  const draw = () =>
    // In slices: the page stays responsive while the client starts.
    startTransition(() =>
      createRoot(client).render(
        <StrictMode>
          <QueryClientProvider client={queryClient}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </StrictMode>,
      ),
    )
  // The page's own script first: what a store tells of later is drawn in one piece, not in slices.
  void router.load().then(draw, draw)
}

// It fetches the whole client: when there is nothing better to do.
if ('serviceWorker' in navigator && import.meta.env.PROD) {
  const register = () => void navigator.serviceWorker.register('/sw.js').catch(() => undefined)
  // Not everywhere, whatever the types say.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(register)
  else setTimeout(register, SERVICE_WORKER_AFTER_MS)
}
