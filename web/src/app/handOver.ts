import type { QueryClient } from '@tanstack/react-query'
import type { AnyRouter } from '@tanstack/react-router'

/** Longer than this nobody looks at a page that does not answer. */
const MAX_WAIT_MS = 4_000
/** What all words are set in: they must not change their shape under somebody's eyes. */
const FONTS = ['1rem "Inter Variable"', '700 1rem "Bricolage Grotesque Variable"']

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
  let hasFonts = false
  let isDrawn = false
  const showWhenWhole = () => {
    // Fonts may be there before anything is drawn in them: an empty page is whole only by its words.
    if (hasFonts && isDrawn && queryClient.isFetching() === 0 && !client.querySelector('[data-skeleton]'))
      show()
  }
  const fontsAreThere = () => {
    hasFonts = true
    showWhenWhole()
  }
  void Promise.all(FONTS.map(font => document.fonts.load(font))).then(fontsAreThere, fontsAreThere)
  const timer = setTimeout(show, MAX_WAIT_MS)
  const drawn = new MutationObserver(showWhenWhole)
  undo.push(
    () => clearTimeout(timer),
    () => drawn.disconnect(),
    router.subscribe('onRendered', () => {
      isDrawn = true
      drawn.observe(client, { childList: true, subtree: true })
      undo.push(queryClient.getQueryCache().subscribe(() => queueMicrotask(showWhenWhole)))
      showWhenWhole()
    }),
  )
  return client
}
