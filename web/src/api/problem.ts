import type { components } from './schema'

type Problem = components['schemas']['Problem']

/** Codes of our own, for what no server said. */
export const NO_CONNECTION = 'no_connection'
export const UNREADABLE = 'unreadable_answer'

/** A refusal: `code` is stable and chooses the words; `members` are what the contract names for that code. */
export class ApiError extends Error {
  readonly code: string
  readonly status: number
  readonly members: Readonly<Record<string, unknown>>
  /** By field, as `/consents/offer_agreement`, when the input was wrong. */
  readonly fields: ReadonlyMap<string, string>
  readonly retryAfterSeconds: number | null

  constructor(
    code: string,
    status: number,
    members: Record<string, unknown> = {},
    retryAfter: string | null = null,
  ) {
    super(typeof members.detail === 'string' && members.detail ? members.detail : code)
    this.name = 'ApiError'
    this.code = code
    this.status = status
    this.members = members
    const errors = Array.isArray(members.errors) ? (members.errors as Record<string, string>[]) : []
    this.fields = new Map(errors.map(one => [one.field ?? '', sentence(one.message ?? '')]))
    const seconds = retryAfter === null ? NaN : Number(retryAfter)
    this.retryAfterSeconds = Number.isFinite(seconds) && seconds >= 0 ? seconds : null
  }

  /** A number the problem carries, as `minimum_bid`; null when it does not. */
  amount(name: string): number | null {
    const value = this.members[name]
    return typeof value === 'number' ? value : null
  }

  /** Nobody knows whether the server has done it: ask again with the same key. */
  get isUnanswered(): boolean {
    return this.code === NO_CONNECTION || this.status === 502 || this.status === 504
  }
}

/** The server says what a field breaks, as `must be above 0`; under the field it stands as a sentence. */
function sentence(rule: string): string {
  const whole = rule.charAt(0).toUpperCase() + rule.slice(1)
  return whole === '' || /[.!?]$/.test(whole) ? whole : `${whole}.`
}

/** The refusal in an answer that is not a success. */
export async function problemOf(response: Response): Promise<ApiError> {
  const retryAfter = response.headers.get('Retry-After')
  try {
    const problem = (await response.json()) as Problem & Record<string, unknown>
    return new ApiError(problem.code || UNREADABLE, response.status, problem, retryAfter)
  } catch {
    return new ApiError(UNREADABLE, response.status, {}, retryAfter)
  }
}
