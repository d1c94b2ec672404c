// Lighthouse on pages, each on a phone and on a desktop: orders as JSON on standard input, findings as JSON on standard
// output. A fresh browser for each page: nothing is cached, nobody is signed in.
import { launch } from 'chrome-launcher'
import lighthouse, { desktopConfig } from 'lighthouse'
import { text } from 'node:stream/consumers'

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo']
const DEVICES = { phone: undefined, desktop: desktopConfig }
const TIMINGS = {
  first_contentful_paint_ms: 'first-contentful-paint',
  largest_contentful_paint_ms: 'largest-contentful-paint',
  total_blocking_ms: 'total-blocking-time',
  speed_index_ms: 'speed-index',
  layout_shift: 'cumulative-layout-shift',
}

const ATTEMPTS = 3

/** A run that has lost its trace says nothing of the page; it happens on a busy machine, and is done again. */
async function audited(...orders) {
  for (let left = ATTEMPTS; ; left--) {
    try {
      return await audit(...orders)
    } catch (error) {
      if (left === 1) throw error
      console.error(`once more: ${error.message}`)
    }
  }
}

async function audit(chromium, flags, url, config) {
  const chrome = await launch({ chromePath: chromium, chromeFlags: flags, logLevel: 'silent' })
  try {
    const ran = await lighthouse(
      url,
      { port: chrome.port, onlyCategories: CATEGORIES, logLevel: 'error', output: 'json' },
      config,
    )
    if (ran === undefined || ran.lhr.runtimeError) throw new Error(ran?.lhr.runtimeError?.message ?? 'no report')
    return ran.lhr
  } finally {
    chrome.kill()
  }
}

function finding(name, device, report) {
  const scores = Object.values(report.categories).map(category => [category.id, Math.round(category.score * 100)])
  const timings = Object.entries(TIMINGS).map(([key, id]) => [key, report.audits[id].numericValue])
  const weighty = new Set(
    Object.values(report.categories).flatMap(category =>
      category.auditRefs.filter(each => each.weight > 0 && !(each.id in TIMINGS)).map(each => each.id),
    ),
  )
  const failed = Object.values(report.audits).filter(
    each => each.score !== null && each.score < 0.9 && (weighty.has(each.id) || each.details?.type === 'opportunity'),
  )
  return {
    page: name,
    device,
    scores: Object.fromEntries(scores),
    ...Object.fromEntries(timings),
    failed: failed.map(each => `${each.id}: ${each.displayValue ?? each.title}`),
  }
}

const orders = JSON.parse(await text(process.stdin))
const found = []
for (const [name, url] of Object.entries(orders.pages)) {
  for (const [device, config] of Object.entries(DEVICES)) {
    for (let run = 0; run < orders.runs; run++) {
      const report = await audited(orders.chromium, orders.flags, url, config)
      found.push(finding(name, device, report))
      if (orders.reports) {
        const { writeFile } = await import('node:fs/promises')
        await writeFile(`${orders.reports}/${name}-${device}-${run}.json`, JSON.stringify(report))
      }
    }
  }
}
process.stdout.write(JSON.stringify(found))
