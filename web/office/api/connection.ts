import { useSyncExternalStore } from 'react';

let reachable = true;
const listeners = new Set<() => void>();

function set(value: boolean): void {
  if (reachable === value) return;
  reachable = value;
  for (const listener of listeners) listener();
}

/** Whether the last request got an answer. */
export const connection = {
  lost: () => set(false),
  found: () => set(true),
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether the server answered last time. */
export function useReachable(): boolean {
  return useSyncExternalStore(subscribe, () => reachable);
}
