import { newKey } from './key'
import { ApiError } from './problem'

/**
 * The Idempotency-Key of something that moves money. While nobody knows whether the server has done it, the same
 * question keeps its key, so that pressing again cannot do it twice; another question, or an answer, ends it.
 */
export class SafeKey {
  private key = ''
  private asked: string | null = null

  /** The key for this question. */
  of(question: unknown): string {
    const text = JSON.stringify(question)
    if (this.asked !== text) {
      this.asked = text
      this.key = newKey()
    }
    return this.key
  }

  /** The server has answered, or nobody has. */
  settle(error: unknown): void {
    if (error instanceof ApiError && error.isUnanswered) return
    this.asked = null
  }
}
