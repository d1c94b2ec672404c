const KEY_BYTES = 16

/** A fresh Idempotency-Key. Not `randomUUID`, which browsers hide on plain-http addresses of a local network. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
