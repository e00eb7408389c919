import { useSyncExternalStore } from 'react';

const STEP_MS = 30_000;
let now = new Date();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = new Date();
    for (const each of listeners) each();
  }, STEP_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time, renewed twice a minute for the whole page at once: "in 2h" does not stay behind. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now);
}
