import { useSetPin, type PinChange } from '../api/setPin';
import { offerUndo, showFailure } from './undo';

/** Pin or unpin with an offer to take it back; a refusal is explained. */
export function usePin(): (job: PinChange['job'], pinned: boolean) => void {
  const { mutate } = useSetPin();

  function set(job: PinChange['job'], pinned: boolean, canUndo: boolean): void {
    const word = pinned ? 'pinned' : 'unpinned';
    const withdraw = canUndo && offerUndo(`${job.reference} ${word}`, () => set(job, !pinned, false));
    mutate(
      { job, pinned },
      {
        onError: (error) => {
          if (withdraw) withdraw();
          showFailure(`${job.reference} was not ${word}`, error);
        },
      },
    );
  }

  return (job, pinned) => set(job, pinned, true);
}
