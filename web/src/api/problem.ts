/** Why a request failed: the server's problem (RFC 9457), or that there was no usable answer (status 0, no title). */
export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    /** For people, in the language that was asked for. Empty when the server did not say. */
    readonly title: string,
    readonly retryAfterMs = 0,
    /** What exactly, in English, for developers. May be empty. */
    readonly detail = '',
  ) {
    super(code);
  }
}

export const noAnswer = (): Problem => new Problem('unavailable', 0, '');

/** Anything that was thrown, as a problem. */
export const asProblem = (error: unknown): Problem => (error instanceof Problem ? error : noAnswer());

/** The problem that a failed response carries. */
export async function readProblem(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  return new Problem(
    typeof body?.code === 'string' ? body.code : 'unavailable',
    response.status,
    typeof body?.title === 'string' ? body.title : '',
    typeof body?.retryAfterMs === 'number' ? body.retryAfterMs : 0,
    typeof body?.detail === 'string' ? body.detail : '',
  );
}
