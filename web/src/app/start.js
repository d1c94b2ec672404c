// Starts the client. What the server has written is shown first, and its picture has the line to itself; the client
// follows when that is there, or at once when somebody touches the page, when there is nothing to read, and in a room,
// where seconds count. PIECES are written in by the build.
;(({ scripts, styles, fonts }) => {
  const MAX_WAIT_MS = 2_500
  const TOUCHES = ['pointerdown', 'keydown', 'touchstart']
  const link = attributes => {
    const made = Object.assign(document.createElement('link'), attributes)
    document.head.append(made)
    return made
  }
  // Timers of a page that nobody sees come once a second, and nobody touches it.
  const pause = () => document.hidden || new Promise(done => setTimeout(done))
  let isStarted = false
  const start = () => {
    if (isStarted) return
    isStarted = true
    for (const name of TOUCHES) removeEventListener(name, start, true)
    for (const href of scripts) link({ rel: 'modulepreload', crossOrigin: '', href })
    for (const href of fonts) link({ rel: 'preload', as: 'font', type: 'font/woff2', crossOrigin: '', href })
    // Nothing of the client is shown before its styles are there.
    const sheets = styles.map(
      href =>
        new Promise(done => {
          const sheet = link({ rel: 'stylesheet', crossOrigin: '', href })
          sheet.onload = sheet.onerror = done
        }),
    )
    void Promise.all(sheets).then(async () => {
      // One after the other, each in a turn of its own: a slow phone answers a touch in between.
      for (const script of scripts) {
        await import(script)
        await pause()
      }
    })
  }
  addEventListener('DOMContentLoaded', () => {
    const hasWords = document.querySelector('#root main > :not(noscript)') !== null
    if (!hasWords || location.pathname.startsWith('/auctions/')) {
      start()
      return
    }
    // Not before the page and its picture are painted, which is some frames after they are there.
    addEventListener('load', () =>
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(start))),
    )
    setTimeout(start, MAX_WAIT_MS)
    for (const name of TOUCHES) addEventListener(name, start, { capture: true, passive: true })
  })
})(__PIECES__)
