/** The body of a refusal: RFC 9457, with a code, the fields at fault, and the number of the request. */
interface ProblemBody {
  title: string;
  detail: string;
  code: string;
  fields: { path: string; message: string }[];
  request_id: string;
}

/** The server refused: it says what happened and, for programs, a stable code. */
export class Problem extends Error {
  override name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly fields: readonly { path: string; message: string }[] = [],
    readonly requestId: string | null = null,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail);
  }
}

/** The request never reached the server, or its answer never came back. */
export class Unreachable extends Error {
  override name = 'Unreachable';

  constructor(cause: unknown) {
    super('The server cannot be reached.', { cause });
  }
}

/** Reads an answer that is not 2xx. A proxy's HTML page gives a problem as well, with code `http.<status>`. */
export function problemFrom(response: Response, body: unknown): Problem {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Partial<ProblemBody>;
  const retryAfter = Number(response.headers.get('Retry-After') ?? Number.NaN);
  return new Problem(
    response.status,
    given.code ?? `http.${response.status}`,
    given.detail ?? given.title ?? `The server answered ${response.status}.`,
    given.fields ?? [],
    given.request_id ?? response.headers.get('X-Request-Id'),
    Number.isFinite(retryAfter) ? retryAfter : null,
  );
}
