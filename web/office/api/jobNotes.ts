import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '../../shared/api/client';
import type { JobNotes } from '../../shared/api/types';

const PAGE = 50;

/** What people wrote on a job, pinned notes first, then the newest, page by page. */
export function notesQuery(uuid: string) {
  return infiniteQueryOptions({
    queryKey: ['job', uuid, 'notes'],
    queryFn: ({ pageParam, signal }): Promise<JobNotes> =>
      unwrap(
        client.GET('/web/jobs/{uuid}/notes', {
          params: { path: { uuid }, query: { limit: PAGE, offset: pageParam } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => {
      const shown = pages.reduce((count, page) => count + page.notes.length, 0);
      return last.notes.length > 0 && shown < last.total ? shown : undefined;
    },
  });
}

/** Where a browser that is signed in finds a file of a note. */
export function fileUrl(uuid: string): string {
  return `/api/jobs/case_notes?action=download&uuid=${uuid}`;
}

/** Write a note on a job. */
export function useAddNote(uuid: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationKey: ['addJobNote'],
    mutationFn: (note: { text: string; sends_mail: boolean }) =>
      unwrap(client.POST('/web/jobs/{uuid}/notes', { params: { path: { uuid } }, body: note })),
    // The notes and the history, which tells that there is one more.
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['job', uuid] }),
  });
}
