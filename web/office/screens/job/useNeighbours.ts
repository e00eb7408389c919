import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { localDate } from '../../../shared/tz';
import { jobQuery } from '../../api/getJob';
import { rowsQuery } from '../../api/hydrateJobs';
import { jobsQuery } from '../../api/queryJobs';
import { rows } from '../../api/rows';
import { filterOf, listPart, parseJobsSearch, sortOf, type JobsListSearch } from '../../model/jobSearch';
import { lastList, rememberPlace } from '../../model/listMemory';

export interface Neighbours {
  /** The list that this page was opened from, in this tab. */
  list: JobsListSearch;
  /** Place in that list, from 1; null when the job is not in it. */
  place: number | null;
  total: number;
  previous: string | null;
  next: string | null;
}

/** The jobs before and after this one in the list that was on screen last. */
export function useNeighbours(id: number | undefined, zone: string): Neighbours {
  const queryClient = useQueryClient();
  const [stored] = useState(lastList);
  const list = useMemo(() => listPart(parseJobsSearch(stored ?? {})), [stored]);
  const { data } = useQuery({
    ...jobsQuery(filterOf(list, localDate(new Date(), zone)), sortOf(list)),
    // Asked again only by the list itself: the order must not change while somebody walks along it.
    staleTime: Infinity,
    enabled: stored !== null,
  });
  const index = id === undefined || data === undefined ? -1 : data.ids.indexOf(id);
  const around = index < 0 ? [] : [data?.ids[index - 1], data?.ids[index + 1]];
  const known = around.filter((each) => each !== undefined);
  useQuery({ ...rowsQuery(known), enabled: known.length > 0 });
  const uuidOf = (other: number | undefined) =>
    other === undefined ? null : (rows.get(other)?.uuid ?? null);
  const previous = uuidOf(around[0]);
  const next = uuidOf(around[1]);

  useEffect(() => {
    // Back finds the list at the job that was looked at last.
    if (index >= 0 && id !== undefined) rememberPlace(list, { cursor: id });
  }, [index, id, list]);

  useEffect(() => {
    for (const uuid of [next, previous]) if (uuid !== null) void queryClient.prefetchQuery(jobQuery(uuid));
  }, [next, previous, queryClient]);

  return { list, place: index < 0 ? null : index + 1, total: data?.ids.length ?? 0, previous, next };
}
