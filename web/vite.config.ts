import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const SERVER = process.env.OUTCRY_SERVER ?? 'http://127.0.0.1:8000'
const TEXT_FONT = /inter-latin-wght-normal-[\w-]+\.woff2$/
const WORKER_SCRIPT = fileURLToPath(new URL('./src/app/service-worker.js', import.meta.url))
const THEME_SCRIPT = fileURLToPath(new URL('./src/app/theme-first.js', import.meta.url))

/**
 * What the first paint needs, in the head: the saved theme (a file of its own, as the content policy allows no inline
 * script) and the one font that all text is set in.
 */
function firstPaint(): Plugin {
  const theme = readFileSync(THEME_SCRIPT, 'utf8').trim() + '\n'
  const themePath = `assets/theme-${createHash('sha256').update(theme).digest('hex').slice(0, 10)}.js`
  return {
    name: 'outcry-first-paint',
    configureServer(server) {
      server.middlewares.use(`/${themePath}`, (_request, response) => {
        response.setHeader('Content-Type', 'text/javascript')
        response.end(theme)
      })
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: themePath, source: theme })
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const font = Object.keys(bundle ?? {}).find(name => TEXT_FONT.test(name))
        const preload = font
          ? `\n    <link rel="preload" href="/${font}" as="font" type="font/woff2" crossorigin />`
          : ''
        return html.replace('<!-- first-paint -->', `<script src="/${themePath}"></script>${preload}`)
      },
    },
  }
}

/** The service worker, told which files there are: those of the client, and the fonts of the language it speaks. */
function serviceWorker(): Plugin {
  return {
    name: 'outcry-service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const source = readFileSync(WORKER_SCRIPT, 'utf8')
      const files = Object.keys(bundle)
        .filter(name => /\.(js|css)$/.test(name) || /-latin-wght-normal-[\w-]+\.woff2$/.test(name))
        .map(name => `/${name}`)
        .sort()
      const version = createHash('sha256')
        .update(source + files.join())
        .digest('hex')
        .slice(0, 12)
      this.emitFile({
        type: 'asset',
        fileName: 'sw.js',
        source: source.replace('__VERSION__', version).replace('__FILES__', JSON.stringify(files)),
      })
    },
  }
}

export default defineConfig({
  plugins: [react(), tailwindcss(), firstPaint(), serviceWorker()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: {
    proxy: {
      '/v1/live': { target: SERVER, ws: true },
      '/v1': SERVER,
      '/media': SERVER,
      '/openapi.json': SERVER,
      '/dev/outbox': SERVER,
    },
  },
  preview: {
    proxy: {
      '/v1/live': { target: SERVER, ws: true },
      '/v1': SERVER,
      '/media': SERVER,
      '/openapi.json': SERVER,
    },
  },
  build: {
    target: 'es2022',
    // Never a data: address: the content policy allows pictures and fonts of this origin only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
  },
})
