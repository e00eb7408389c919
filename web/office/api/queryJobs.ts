import { queryOptions } from '@tanstack/react-query';
import { client, unwrap } from '../../shared/api/client';
import type { JobFilter, JobSort } from '../../shared/api/types';
import { rows } from './rows';

export interface JobList {
  /** Every match in order, not only those on screen. */
  ids: readonly number[];
  total: number;
  /** Whether there are more matches than the server lists. */
  capped: boolean;
  /** Tells this answer from any other. */
  answer: number;
}

let answers = 0;

/** The ids of all jobs that match, in order. The first rows come along and go into the row store. */
export function jobsQuery(filter: JobFilter, sort: JobSort) {
  return queryOptions({
    queryKey: ['jobs', 'list', filter, sort],
    queryFn: async ({ signal }): Promise<JobList> => {
      const found = await unwrap(client.POST('/web/jobs/query', { body: { filter, sort }, signal }));
      rows.put(found.rows);
      answers += 1;
      return { ids: found.ids, total: found.total, capped: found.capped, answer: answers };
    },
    // Ids are compared by nobody: sharing structure would walk 100,000 of them for nothing.
    structuralSharing: false,
    gcTime: 600_000,
  });
}
