// Starts the client. What the server has written is shown first, and its picture has the line to itself; the client
// follows when that is there, or at once when somebody touches the page, when there is nothing to read, and in a room,
// where seconds count. PIECES are written in by the build.
;(({ entry, modules, styles, fonts }) => {
  const MAX_WAIT_MS = 2_500
  const TOUCHES = ['pointerdown', 'keydown', 'touchstart']
  const link = attributes => {
    const made = Object.assign(document.createElement('link'), attributes)
    document.head.append(made)
    return made
  }
  let isStarted = false
  const start = () => {
    if (isStarted) return
    isStarted = true
    for (const name of TOUCHES) removeEventListener(name, start, true)
    for (const href of [entry, ...modules]) link({ rel: 'modulepreload', crossOrigin: '', href })
    for (const href of fonts) link({ rel: 'preload', as: 'font', type: 'font/woff2', crossOrigin: '', href })
    // Nothing of the client is shown before its styles are there.
    const sheets = styles.map(
      href =>
        new Promise(done => {
          const sheet = link({ rel: 'stylesheet', crossOrigin: '', href })
          sheet.onload = sheet.onerror = done
        }),
    )
    void Promise.all(sheets).then(() => import(entry))
  }
  addEventListener('DOMContentLoaded', () => {
    const hasWords = document.querySelector('#root main > :not(noscript)') !== null
    if (!hasWords || location.pathname.startsWith('/auctions/')) {
      start()
      return
    }
    // Once more round the loop: the picture is painted first.
    addEventListener('load', () => setTimeout(start))
    setTimeout(start, MAX_WAIT_MS)
    for (const name of TOUCHES) addEventListener(name, start, { capture: true, passive: true })
  })
})(__PIECES__)
