import createClient, { type Middleware } from 'openapi-fetch';
import { problemFrom, Unreachable } from './problem';
import type { paths } from './schema';

const SAFE = new Set(['GET', 'HEAD']);

const sameOriginProof: Middleware = {
  onRequest({ request }) {
    if (!SAFE.has(request.method)) request.headers.set('X-Firstfix', '1');
  },
};

/** The typed client of our own web API. Paths and bodies come from `openapi.json`. */
export const client = createClient<paths>({
  baseUrl: '/',
  credentials: 'same-origin',
  // Looked up at each call, so that a test can replace it.
  fetch: (request) => globalThis.fetch(request),
});
client.use(sameOriginProof);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * Turns the client's answer into its data, or throws.
 *
 * Throws `Problem` when the server refused, and `Unreachable` when there was no answer.
 */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    // A cancelled request is not a failure of the network: whoever cancelled it knows.
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Unreachable(error);
  }
  if (!answer.response.ok) throw problemFrom(answer.response, answer.error);
  return answer.data as T;
}
