import { api } from './client'
import { ApiError, NO_CONNECTION, problemOf } from './problem'
import type { components } from './schema'
import type { Medium } from './types'

type Ticket = components['schemas']['UploadTicket']
type ContentType = components['schemas']['AskUpload']['content_type']

export const ACCEPTED_TYPES = 'image/jpeg,image/png,image/webp,image/gif,image/avif'

/** A picture of the person's own that the server has taken in. */
export interface SentPicture {
  id: string
  url: string
}

/** Send one picture; rejects with ApiError, also when it turns out to be none. */
export async function uploadPicture(
  file: File,
  purpose: 'listing' | 'evidence' = 'listing',
): Promise<SentPicture> {
  const ticket = (await api.post('/v1/media/uploads', {
    body: { content_type: file.type as ContentType, purpose },
  })) as Ticket
  let answer: Response
  try {
    answer = await fetch(ticket.upload.url, {
      method: 'PUT',
      headers: ticket.upload.headers as Record<string, string>,
      body: file,
    })
  } catch {
    throw new ApiError(NO_CONNECTION, 0)
  }
  if (!answer.ok) throw await problemOf(answer)
  const medium = (await api.post('/v1/media/{media_id}/complete', {
    path: { media_id: ticket.media_id },
  })) as Medium
  return { id: medium.id, url: medium.variants[0]?.url ?? '' }
}
