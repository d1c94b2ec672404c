import { useMutation, useQueryClient } from '@tanstack/react-query'
import { auctionKey } from '@/live/auctions'
import { wordsFor } from '@/ui/Failure'
import { toast } from '@/ui/toasts'

/** Something a seller does to an auction: told when it is done, and every list of theirs asked for anew. */
export function useAct<Input>(
  auctionId: string,
  act: (input: Input) => Promise<unknown>,
  done: (input: Input) => string,
) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: act,
    onSuccess: (_, input) => {
      toast(done(input), 'good')
      void queryClient.invalidateQueries({ queryKey: auctionKey(auctionId) })
    },
    onError: error => toast(wordsFor(error), 'bad'),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['mine'] }),
  })
}
