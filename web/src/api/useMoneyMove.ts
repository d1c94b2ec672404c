import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { SafeKey } from './safeKey'

/**
 * Something that moves money or an order: one key while it is unanswered, and all that is the person's own asked for
 * anew when it is settled.
 */
export function useMoneyMove<Input, Answer>(
  act: (input: Input, key: string) => Promise<Answer>,
  onDone?: (answer: Answer, input: Input) => void,
) {
  const queryClient = useQueryClient()
  const safe = useRef(new SafeKey())
  return useMutation({
    mutationFn: (input: Input) => act(input, safe.current.of(input ?? null)),
    onSuccess: (answer, input) => onDone?.(answer, input),
    onSettled: (_, error) => {
      safe.current.settle(error)
      return queryClient.invalidateQueries({ queryKey: ['mine'] })
    },
  })
}
