import { session } from './client'
import { ApiError, NO_CONNECTION, problemOf } from './problem'

const REVOKE_AFTER_MS = 60_000

/** Fetch a file that is the person's own and hand it to the browser under this name. Rejects with ApiError. */
export async function download(address: string, name: string): Promise<void> {
  const blob = await (await fetched(address)).blob()
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // Some browsers read it only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS)
}

async function fetched(address: string): Promise<Response> {
  const token = session.get()?.accessToken ?? null
  let answer = await ask(address, token)
  if (answer.status === 401 && token !== null)
    answer = await ask(address, (await session.renew(token))?.accessToken ?? null)
  if (!answer.ok) throw await problemOf(answer)
  return answer
}

async function ask(address: string, token: string | null): Promise<Response> {
  try {
    return await fetch(address, token === null ? {} : { headers: { Authorization: `Bearer ${token}` } })
  } catch {
    throw new ApiError(NO_CONNECTION, 0)
  }
}
