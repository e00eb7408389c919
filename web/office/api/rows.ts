// Every job row that this tab has seen, by id: a list shows what is known at once and asks only for the rest.
import { useSyncExternalStore } from 'react';
import type { JobRow } from '../../shared/api/types';

const KEPT = 30_000;
/** Null stands for a job that the server no longer shows to this person. */
const known = new Map<number, JobRow | null>();
const listeners = new Map<number, Set<() => void>>();

function set(id: number, row: JobRow | null): void {
  // Taken out first, so that the order of the map is the order of use.
  known.delete(id);
  known.set(id, row);
  for (const listener of listeners.get(id) ?? []) listener();
}

function dropOldest(): void {
  if (known.size <= KEPT) return;
  for (const id of known.keys()) {
    if (known.size <= KEPT) return;
    if (!listeners.has(id)) known.delete(id);
  }
}

export const rows = {
  get: (id: number): JobRow | null | undefined => known.get(id),

  /** Keep what the server sent. */
  put(received: readonly JobRow[]): void {
    for (const row of received) set(row.id, row);
    dropOldest();
  },

  /** Keep the answer to a request for these ids: those that are missing are gone. */
  putAnswer(asked: readonly number[], received: readonly JobRow[]): void {
    const found = new Set(received.map((row) => row.id));
    rows.put(received);
    for (const id of asked) if (!found.has(id)) set(id, null);
  },

  /** Change a row ahead of the server. */
  patch(id: number, change: Partial<JobRow>): void {
    const row = known.get(id);
    if (row) set(id, { ...row, ...change });
  },

  clear(): void {
    known.clear();
  },
};

/** The row of a job: undefined while unknown, null when the job is gone. */
export function useJobRow(id: number): JobRow | null | undefined {
  return useSyncExternalStore(
    (listener) => {
      const own = listeners.get(id) ?? new Set();
      listeners.set(id, own.add(listener));
      return () => {
        own.delete(listener);
        if (own.size === 0) listeners.delete(id);
      };
    },
    () => known.get(id),
  );
}
