import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { Problem, Unreachable } from '../../shared/api/problem';
import { connection } from './connection';

let onSignedOut: () => void = () => undefined;

/** Says what to do when the server no longer knows the session. The router sets it. */
export function whenSignedOut(action: () => void): void {
  onSignedOut = action;
}

function noteFailure(error: unknown): void {
  if (error instanceof Unreachable) connection.lost();
  if (error instanceof Problem) {
    connection.found();
    if (error.status === 401) onSignedOut();
  }
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noteFailure, onSuccess: () => connection.found() }),
  mutationCache: new MutationCache({ onError: noteFailure, onSuccess: () => connection.found() }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // A refusal stays a refusal. A lost connection shows its banner at once and asks again by itself.
      retry: (failures, error) => error instanceof Problem && error.status >= 502 && failures < 2,
      // `navigator.onLine` is often wrong on office networks: ask, and see.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});
