import { keepPreviousData, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { localDate } from '../../../shared/tz';
import { batchQuery } from '../../api/hydrateJobs';
import { jobsQuery, type JobList } from '../../api/queryJobs';
import { BATCH_SIZE, batchesFor } from '../../model/batches';
import { filterOf, sortOf, type JobsSearch } from '../../model/jobSearch';
import { useNow } from '../../ui/useNow';

const NO_IDS: readonly number[] = [];
/** Rows fetched ahead of those on screen, on both sides. */
const AHEAD = 60;

export interface ShownList {
  ids: readonly number[];
  list: JobList | undefined;
  /** The list of the last filter, while the one asked for is on its way. */
  isOld: boolean;
  error: Error | null;
  retry: () => void;
  /** Rows on screen that could not be fetched. */
  missing: { error: Error; retry: () => void } | null;
  setRange: (first: number, last: number) => void;
}

/** The jobs that match the address, with the rows on screen fetched as they come into view. */
export function useJobList(search: JobsSearch, zone: string): ShownList {
  const queryClient = useQueryClient();
  const today = localDate(useNow(), zone);
  const query = useQuery({
    ...jobsQuery(filterOf(search, today), sortOf(search)),
    placeholderData: keepPreviousData,
  });
  // A refetch that fails keeps what was there: only a list that never came is an error.
  const list = query.data;

  const [batches, setBatches] = useState<readonly number[]>([0]);
  const count = list?.ids.length ?? 0;
  const setRange = useCallback(
    (first: number, last: number) => {
      const next = batchesFor(first - AHEAD, last + AHEAD, count);
      // Most steps of a scroll stay within a batch, and then nothing is drawn anew.
      setBatches((now) => (next.join() === now.join() ? now : next));
    },
    [count],
  );
  const fetched = useQueries({
    queries:
      list === undefined
        ? []
        : batches.filter((batch) => batch * BATCH_SIZE < count).map((batch) => batchQuery(list, batch)),
  });
  const failed = fetched.find((batch) => batch.isError);

  return {
    ids: list?.ids ?? NO_IDS,
    list,
    isOld: query.isPlaceholderData,
    error: list === undefined ? query.error : null,
    retry: () => void query.refetch(),
    missing: failed?.error
      ? {
          error: failed.error,
          retry: () =>
            void queryClient.refetchQueries({
              queryKey: ['jobs', 'batch'],
              type: 'active',
              predicate: ({ state }) => state.status === 'error',
            }),
        }
      : null,
    setRange,
  };
}
