/** How many rows one request fetches: the server's limit, and what the first answer brings along. */
export const BATCH_SIZE = 200;

/** The batches that hold the rows from `first` to `last`, both included, of a list of `count` rows. */
export function batchesFor(first: number, last: number, count: number): number[] {
  if (count === 0 || last < first) return [];
  const from = Math.max(0, Math.floor(first / BATCH_SIZE));
  const to = Math.min(Math.floor(last / BATCH_SIZE), Math.floor((count - 1) / BATCH_SIZE));
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, offset) => from + offset);
}

/** The ids of one batch. */
export function batchIds(ids: readonly number[], batch: number): number[] {
  return ids.slice(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE);
}

/** Cuts ids into pieces that one request takes. */
export function inBatches(ids: readonly number[]): number[][] {
  return batchesFor(0, ids.length - 1, ids.length).map((batch) => batchIds(ids, batch));
}
