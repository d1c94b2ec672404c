import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, minify, type Plugin, type Rolldown } from 'vite'

const SERVER = process.env.OUTCRY_SERVER ?? 'http://127.0.0.1:8000'
const FONTS = /-latin-wght-normal-[\w-]+\.woff2$/
const WORKER_SCRIPT = fileURLToPath(new URL('./src/app/service-worker.js', import.meta.url))
const THEME_SCRIPT = fileURLToPath(new URL('./src/app/theme-first.js', import.meta.url))
const START_SCRIPT = fileURLToPath(new URL('./src/app/start.js', import.meta.url))

const ENTRY = /<script type="module"[^>]* src="([^"]+)"><\/script>\s*/
const LINKS = /<link rel="(modulepreload|stylesheet)"[^>]* href="([^"]+)">\s*/g

/**
 * What stands in the page itself, run before anything is fetched: the saved theme, and what starts the client when the
 * page is shown. The server names their digests in the content policy.
 */
function firstPaint(): Plugin {
  const inline = (script: string) => `<script>${script.trim()}</script>`
  return {
    name: 'outcry-first-paint',
    transformIndexHtml: {
      order: 'post',
      async handler(html, { bundle }) {
        const theme = inline(readFileSync(THEME_SCRIPT, 'utf8'))
        if (!bundle) return html.replace('<!-- first-paint -->', theme)
        const links = [...html.matchAll(LINKS)]
        const pieces = {
          scripts: inOrderOfNeed(bundle, ENTRY.exec(html)?.[1]),
          styles: links.filter(([, rel]) => rel === 'stylesheet').map(([, , href]) => href),
          fonts: Object.keys(bundle)
            .filter(name => FONTS.test(name))
            .map(name => `/${name}`),
        }
        const start = readFileSync(START_SCRIPT, 'utf8').replace('__PIECES__', JSON.stringify(pieces))
        const { code } = await minify('start.js', start)
        return html
          .replace(ENTRY, '')
          .replace(LINKS, '')
          .replace('<!-- first-paint -->', `${theme}${inline(code)}`)
      },
    },
  }
}

/** The scripts of a start, each after all that it needs. */
function inOrderOfNeed(bundle: Rolldown.OutputBundle, entry: string | undefined): string[] {
  const order = new Set<string>()
  const seen = new Set<string>()
  const visit = (name: string) => {
    const chunk = bundle[name]
    if (seen.has(name) || chunk?.type !== 'chunk') return
    seen.add(name)
    chunk.imports.forEach(visit)
    order.add(`/${name}`)
  }
  visit(entry?.slice(1) ?? '')
  return [...order]
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
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            {
              name: 'routing',
              test: /node_modules[\\/]@tanstack[\\/](react-router|router-core|history|react-store|store)[\\/]/,
            },
            { name: 'queries', test: /node_modules[\\/]@tanstack[\\/](react-query|query-core)[\\/]/ },
          ],
        },
      },
    },
  },
})
