interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>
}
type DetectorKind = new (options: { formats: string[] }) => Detector

/** Reads the text of a code in what the camera shows now; null when there is none. */
export type Look = (video: HTMLVideoElement) => Promise<string | null>

/** The machine's own reader of codes where it has one, else ours, which is fetched when it is needed. */
export function openReader(): Look {
  const Kind = (globalThis as { BarcodeDetector?: DetectorKind }).BarcodeDetector
  if (!Kind) return lookOurselves()
  const detector = new Kind({ formats: ['qr_code'] })
  return async video => (await detector.detect(video))[0]?.rawValue ?? null
}

/** Large enough for a code that fills a third of the picture, small enough for an old phone. */
const WIDTH = 640

function lookOurselves(): Look {
  const canvas = document.createElement('canvas')
  const decoder = import('./qr/decode')
  return async video => {
    const { decode } = await decoder
    if (video.videoWidth === 0) return null
    const scale = Math.min(1, WIDTH / video.videoWidth)
    canvas.width = Math.round(video.videoWidth * scale)
    canvas.height = Math.round(video.videoHeight * scale)
    const context = canvas.getContext('2d', { willReadFrequently: true })
    if (!context) return null
    context.drawImage(video, 0, 0, canvas.width, canvas.height)
    return decode(context.getImageData(0, 0, canvas.width, canvas.height))
  }
}
