import { s } from '@/strings/staff'

const REASONS: Record<string, string> = {
  not_received: s('reason.not_received'),
  not_as_described: s('reason.not_as_described'),
  damaged: s('reason.damaged'),
  wrong_item: s('reason.wrong_item'),
  counterfeit: s('reason.counterfeit'),
  other: s('reason.other'),
}

export const reasonWords = (reason: string): string => REASONS[reason] ?? reason
