export function decode(_image: ImageData): string | null {
  return null
}
