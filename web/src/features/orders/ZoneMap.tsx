import { useMemo } from 'react'
import { m } from '@/strings/money'
import { distanceText, planOf, type Point, type SafeZone } from './zones'

const WIDTH = 640
const HEIGHT = 400
const LINES = [1, 2, 3, 4, 5, 6, 7]

/**
 * The places on paper: drawn from their coordinates alone, so it needs no map service, tells nobody where the person
 * is, and works without a network. The list beside it says the same in words.
 */
export function ZoneMap({
  zones,
  near,
  chosen,
  onChoose,
}: {
  zones: readonly SafeZone[]
  near: Point | null
  chosen: string | null
  onChoose: (id: string) => void
}) {
  const plan = useMemo(() => planOf(near === null ? zones : [...zones, near], WIDTH / HEIGHT), [zones, near])
  const at = (point: Point) => {
    const { x, y } = plan.place(point)
    return { x: x * WIDTH, y: y * HEIGHT }
  }
  const here = near && at(near)
  const bar = plan.bar.part * WIDTH
  // What is chosen lies on top.
  const inOrder = zones
    .map((zone, index) => ({ zone, number: index + 1 }))
    .sort((a, b) => Number(a.zone.id === chosen) - Number(b.zone.id === chosen) || b.number - a.number)
  return (
    <svg
      viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
      role="img"
      aria-label={m('map.label')}
      className="w-full rounded-2xl border border-line bg-sunken"
    >
      <g className="stroke-line" strokeWidth="1">
        {LINES.map(one => (
          <line key={`v${String(one)}`} x1={(WIDTH / 8) * one} x2={(WIDTH / 8) * one} y1="0" y2={HEIGHT} />
        ))}
        {LINES.slice(0, 4).map(one => (
          <line key={`h${String(one)}`} x1="0" x2={WIDTH} y1={(HEIGHT / 5) * one} y2={(HEIGHT / 5) * one} />
        ))}
      </g>
      {here && (
        <g>
          {[1, 2, 3].map(ring => (
            <circle
              key={ring}
              cx={here.x}
              cy={here.y}
              r={bar * ring}
              fill="none"
              className="stroke-line-strong"
              strokeDasharray="3 6"
              opacity="0.6"
            />
          ))}
          <circle cx={here.x} cy={here.y} r="17" className="fill-good" opacity="0.2" />
          <circle cx={here.x} cy={here.y} r="8" className="fill-good stroke-raised" strokeWidth="3" />
        </g>
      )}
      {inOrder.map(({ zone, number }) => {
        const { x, y } = at(zone)
        const isChosen = zone.id === chosen
        return (
          // A shortcut for those who see it: the list below is what the keyboard uses.

          <g
            key={zone.id}
            transform={`translate(${String(x)} ${String(y)})`}
            className="cursor-pointer"
            onClick={() => onChoose(zone.id)}
          >
            <path
              d="M0 0C-5-9-15-15-15-27a15 15 0 0 1 30 0C15-15 5-9 0 0Z"
              transform={isChosen ? 'scale(1.3)' : undefined}
              className={`stroke-raised ${isChosen ? 'fill-accent' : zone.open_now ? 'fill-ink' : 'fill-ink-3'}`}
              strokeWidth="2"
            />
            <text
              y={isChosen ? -29 : -21}
              textAnchor="middle"
              fontSize={isChosen ? 19 : 15}
              fontWeight="700"
              className={isChosen ? 'fill-on-accent' : 'fill-paper'}
            >
              {number}
            </text>
          </g>
        )
      })}
      <g transform={`translate(20 ${String(HEIGHT - 20)})`} className="stroke-ink-2 fill-ink-2">
        <path d={`M0-6v6h${String(bar)}v-6`} fill="none" strokeWidth="2" />
        <text x={bar / 2} y="-8" textAnchor="middle" fontSize="15" stroke="none">
          {distanceText(plan.bar.meters)}
        </text>
      </g>
      <g transform={`translate(${String(WIDTH - 32)} 36)`} className="fill-ink-2">
        <path d="M0-16 7 6 0 1-7 6Z" />
        <text y="24" textAnchor="middle" fontSize="15" fontWeight="700">
          {m('map.north')}
        </text>
      </g>
    </svg>
  )
}
