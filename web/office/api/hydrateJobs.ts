import { queryOptions } from '@tanstack/react-query';
import { client, unwrap } from '../../shared/api/client';
import { batchIds } from '../model/batches';
import type { JobList } from './queryJobs';
import { rows } from './rows';

/** Fetch rows, at most 200, into the row store. */
export async function hydrateJobs(ids: readonly number[], signal?: AbortSignal): Promise<void> {
  const { rows: received } = await unwrap(
    client.POST('/web/jobs/rows', { body: { ids: [...ids] }, ...(signal && { signal }) }),
  );
  rows.putAnswer(ids, received);
}

/** One batch of a list's rows. The list's own answer brought the first batch along. */
export function batchQuery(list: JobList, batch: number) {
  return queryOptions({
    queryKey: ['jobs', 'batch', list.answer, batch],
    queryFn: async ({ signal }) => {
      if (batch > 0) await hydrateJobs(batchIds(list.ids, batch), signal);
      return true;
    },
    staleTime: Infinity,
  });
}

/** The rows of a few single jobs, such as the neighbours of the one on screen. */
export function rowsQuery(ids: readonly number[]) {
  return queryOptions({
    queryKey: ['jobs', 'rows', ids],
    queryFn: async ({ signal }) => {
      const unknown = ids.filter((id) => rows.get(id) === undefined);
      if (unknown.length > 0) await hydrateJobs(unknown, signal);
      return true;
    },
    staleTime: Infinity,
  });
}
