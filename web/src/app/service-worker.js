// The client's files and an empty page of it, kept for when there is no network. What is live is never kept: prices,
// people and pictures come from the server or not at all. VERSION and FILES are written in by the build.
const VERSION = '__VERSION__'
const FILES = __FILES__
const CACHE = `outcry-${VERSION}`
// An address whose page is the client without content of its own.
const SHELL = '/offline-shell'
const OFFLINE = ['/offline.html', '/offline.css', '/icon.svg']

addEventListener('install', event => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then(cache => cache.addAll([SHELL, ...OFFLINE, ...FILES]))
      .then(() => skipWaiting()),
  )
})

addEventListener('activate', event => {
  event.waitUntil(
    caches
      .keys()
      .then(names =>
        Promise.all(
          names.filter(name => name.startsWith('outcry-') && name !== CACHE).map(name => caches.delete(name)),
        ),
      )
      .then(() => clients.claim()),
  )
})

async function page(request) {
  try {
    return await fetch(request)
  } catch {
    return (await caches.match(SHELL)) ?? (await caches.match('/offline.html')) ?? Response.error()
  }
}

async function file(request) {
  return (await caches.match(request)) ?? fetch(request)
}

addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (request.mode === 'navigate') {
    // The reference and the outbox are pages of the server alone.
    if (!/^\/(docs|dev)\b/.test(url.pathname)) event.respondWith(page(request))
  } else if (url.pathname.startsWith('/assets/') || OFFLINE.includes(url.pathname))
    event.respondWith(file(request))
})
