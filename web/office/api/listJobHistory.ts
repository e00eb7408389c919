import { infiniteQueryOptions } from '@tanstack/react-query';
import { client, unwrap } from '../../shared/api/client';
import type { Commit, JobHistory } from '../../shared/api/types';

const PAGE = 50;

/** What changed on a job, newest first, page by page. */
export function historyQuery(uuid: string) {
  return infiniteQueryOptions({
    queryKey: ['job', uuid, 'history'],
    queryFn: ({ pageParam, signal }): Promise<JobHistory> =>
      unwrap(
        client.GET('/web/jobs/{uuid}/history', {
          params: {
            path: { uuid },
            query: { limit: PAGE, ...(pageParam !== null && { before: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as Commit['id'] | null,
    getNextPageParam: (page) => (page.more ? page.commits.at(-1)?.id : undefined),
  });
}
