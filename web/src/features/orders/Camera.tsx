import { Camera as CameraIcon, CameraOff } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { m } from '@/strings/money'
import { Notice } from '@/ui/bits'
import { Button } from '@/ui/Button'
import { openReader } from './reader'
import { useWakeLock } from './useWakeLock'

/** Looks at the picture this often. */
const LOOK_MS = 200

type State = 'off' | 'starting' | 'on' | 'denied' | 'missing'

/** The machine's camera, which tells `onRead` the text of each code it sees, once. */
export function Camera({ onRead, isPaused }: { onRead: (text: string) => void; isPaused: boolean }) {
  const video = useRef<HTMLVideoElement>(null)
  const [state, setState] = useState<State>('off')
  const [stream, setStream] = useState<MediaStream | null>(null)
  const told = useRef('')
  const read = useRef(onRead)
  useEffect(() => {
    read.current = onRead
  })
  useWakeLock(state === 'on')
  const start = async () => {
    setState('starting')
    try {
      setStream(
        await navigator.mediaDevices.getUserMedia({
          video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } },
        }),
      )
    } catch (refusal) {
      setState(refusal instanceof DOMException && refusal.name === 'NotAllowedError' ? 'denied' : 'missing')
    }
  }
  useEffect(() => {
    const element = video.current
    if (!stream || !element) return undefined
    element.srcObject = stream
    element.play().then(
      () => setState('on'),
      () => setState('missing'),
    )
    return () => {
      for (const track of stream.getTracks()) track.stop()
      element.srcObject = null
    }
  }, [stream])
  useEffect(() => {
    if (state !== 'on' || isPaused) return undefined
    const look = openReader()
    let isOver = false
    let timer: ReturnType<typeof setTimeout>
    const again = () => {
      timer = setTimeout(() => void glance(), LOOK_MS)
    }
    const glance = async () => {
      const text = video.current ? await look(video.current).catch(() => null) : null
      if (isOver) return
      // The same code stays in the picture: it is told once.
      if (text && text !== told.current) {
        told.current = text
        read.current(text)
      }
      again()
    }
    again()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [state, isPaused])
  if (!('mediaDevices' in navigator)) return <Notice tone="neutral">{m('camera.missing')}</Notice>
  return (
    <div className="grid gap-3">
      <div className="relative grid aspect-4/3 w-full place-items-center overflow-hidden rounded-3xl bg-[#14110e] text-white">
        {/* A viewfinder: there is nothing to hear. */}
        {}
        <video
          ref={video}
          playsInline
          muted
          aria-label={m('camera.picture')}
          className={`absolute inset-0 size-full object-cover ${state === 'on' ? '' : 'invisible'}`}
        />
        {state === 'on' ? (
          <span
            aria-hidden="true"
            className="absolute size-3/5 max-w-72 rounded-3xl border-4 border-white/90 shadow-[0_0_0_100vmax_rgb(0_0_0/35%)]"
          />
        ) : (
          <div className="relative grid justify-items-center gap-4 p-6 text-center">
            {state === 'denied' || state === 'missing' ? (
              <>
                <CameraOff aria-hidden="true" className="size-9" />
                <p role="status">{m(state === 'denied' ? 'camera.denied' : 'camera.missing')}</p>
              </>
            ) : (
              <CameraIcon aria-hidden="true" className="size-9" />
            )}
            {state !== 'missing' && (
              <Button
                busy={state === 'starting'}
                className="bg-white! text-[#1d1916]!"
                onClick={() => void start()}
              >
                {m('camera.start')}
              </Button>
            )}
          </div>
        )}
      </div>
      <p role="status" className="text-center text-sm text-ink-3">
        {state === 'on' ? m('camera.hold') : ''}
      </p>
    </div>
  )
}
