import type { QueryClient } from '@tanstack/react-query'
import type { AnyRouter } from '@tanstack/react-router'

/** Longer than this nobody looks at a page that does not answer. */
const MAX_WAIT_MS = 4_000

/**
 * Where the client is drawn. A page that the server has filled stays in sight until the client has all that it shows
 * in its place: no content that gives way to a skeleton of itself.
 */
export function takingThePlaceOf(
  place: HTMLElement,
  router: AnyRouter,
  queryClient: QueryClient,
): HTMLElement {
  if (!place.querySelector('main > :not(noscript)')) return place
  const client = document.createElement('div')
  client.hidden = true
  place.after(client)
  const undo: (() => void)[] = []
  const show = () => {
    for (const stop of undo.splice(0)) stop()
    place.remove()
    client.hidden = false
  }
  const showWhenQuiet = () => {
    if (queryClient.isFetching() === 0) show()
  }
  const timer = setTimeout(show, MAX_WAIT_MS)
  undo.push(
    () => clearTimeout(timer),
    router.subscribe('onRendered', () => {
      undo.push(queryClient.getQueryCache().subscribe(() => queueMicrotask(showWhenQuiet)))
      showWhenQuiet()
    }),
  )
  return client
}
