import { queryOptions, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { client, unwrap } from '../../shared/api/client';
import type { Lookups } from '../../shared/api/types';

/** The names behind ids: statuses, priorities, people. Small, and rarely changed. */
export const lookupsQuery = queryOptions({
  queryKey: ['lookups'],
  queryFn: ({ signal }): Promise<Lookups> => unwrap(client.GET('/web/lookups', { signal })),
  staleTime: 300_000,
});

type Status = Lookups['statuses'][number];
type Priority = Lookups['priorities'][number];

export interface LookupIndex {
  lookups: Lookups | undefined;
  status: ReadonlyMap<number, Status>;
  priority: ReadonlyMap<number, Priority>;
  jobType: ReadonlyMap<number, string>;
  branch: ReadonlyMap<number, string>;
  ranks: readonly number[];
}

const byId = <T extends { id: number }>(items: readonly T[] = []) =>
  new Map(items.map((item) => [item.id, item]));
const names = (items: readonly { id: number; name: string }[] = []) =>
  new Map(items.map((item) => [item.id, item.name]));

/** The lookups, ready to find by id. Empty until they arrive. */
export function useLookups(): LookupIndex {
  const { data: lookups } = useQuery(lookupsQuery);
  return useMemo(
    () => ({
      lookups,
      status: byId(lookups?.statuses),
      priority: byId(lookups?.priorities),
      jobType: names(lookups?.job_types),
      branch: names(lookups?.branches),
      ranks: lookups?.priorities.map((priority) => priority.rank) ?? [],
    }),
    [lookups],
  );
}
