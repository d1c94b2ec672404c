// Put into the page before its own scripts: keeps every price a person could see with the time of its frame, all frames
// and all long tasks. Times are in milliseconds since the epoch by the page's monotonic clock.
(() => {
  const PRICES = '[data-price] > .figures'
  const kept = { prices: [], frames: [], tasks: [] }
  const paints = new MessageChannel()
  let place = null
  let shown = ''
  let pending = null
  let isOn = false

  const now = () => performance.timeOrigin + performance.now()

  // The page may hold the price twice, for phones and for desktops, and shows one.
  const lookedUp = () => [...document.querySelectorAll(PRICES)].find(each => each.checkVisibility())?.parentElement

  // A message posted in a frame is delivered when style, layout and paint of that frame are done.
  paints.port1.onmessage = () => {
    if (pending === null) return
    kept.prices.push([now(), pending])
    pending = null
  }

  const frame = () => {
    if (!isOn) return
    kept.frames.push(now())
    if (!place?.isConnected) place = lookedUp()
    const text = place?.querySelector('.figures')?.textContent ?? ''
    if (text !== shown) {
      shown = pending = text
      paints.port2.postMessage(null)
    }
    requestAnimationFrame(frame)
  }

  new PerformanceObserver(list => {
    for (const task of list.getEntries()) kept.tasks.push([performance.timeOrigin + task.startTime, task.duration])
  }).observe({ type: 'longtask', buffered: true })

  window.roomProbe = {
    start() {
      isOn = true
      requestAnimationFrame(frame)
    },
    stop() {
      isOn = false
      return kept
    },
  }
})()
