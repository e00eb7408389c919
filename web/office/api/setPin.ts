import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '../../shared/api/client';
import type { JobFilter, JobRow } from '../../shared/api/types';
import { jobQuery } from './getJob';
import { rows } from './rows';

export interface PinChange {
  job: Pick<JobRow, 'id' | 'uuid' | 'reference'>;
  pinned: boolean;
}

/** Keep a job on this person's own list of pinned ones, or let it go. Shown at once, taken back on refusal. */
export function useSetPin() {
  const queryClient = useQueryClient();

  function show({ job, pinned }: PinChange): void {
    rows.patch(job.id, { is_pinned: pinned });
    queryClient.setQueryData(
      jobQuery(job.uuid).queryKey,
      (detail) => detail && { ...detail, is_pinned: pinned },
    );
  }

  return useMutation({
    mutationKey: ['setPin'],
    mutationFn: ({ job, pinned }: PinChange) =>
      unwrap(client.PUT('/web/jobs/{uuid}/pin', { params: { path: { uuid: job.uuid } }, body: { pinned } })),
    // One after the other, so that a quick undo cannot overtake what it undoes.
    scope: { id: 'pins' },
    onMutate: show,
    onError: (_error, { job, pinned }) => show({ job, pinned: !pinned }),
    // Lists of pinned jobs are asked for anew when they come up next; the one on screen does not jump.
    onSuccess: () =>
      queryClient.invalidateQueries({
        queryKey: ['jobs', 'list'],
        predicate: ({ queryKey }) => (queryKey[2] as JobFilter).pinned === true,
        refetchType: 'none',
      }),
  });
}
