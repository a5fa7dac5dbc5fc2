import { noAnswer, Problem, readProblem } from './problem';

export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** A value with the tag under which the server knows it. */
export interface Tagged<T> {
  value: T;
  etag: string;
}

/** With the status 401 too, but about a password or a code that was typed: the session is as good as before. */
const aboutInput: ReadonlySet<string> = new Set(['wrong_credentials', 'second_factor_required', 'wrong_second_factor']);

/**
 * Requests to the server's API. The session is in cookies that no script sees; when its access token has expired, the
 * client refreshes it once for all requests that wait, and repeats them. Failures are thrown as a `Problem`.
 */
export class ApiClient {
  /** Called when a request shows that nobody is signed in any more. */
  onSignedOut: () => void = () => {};
  private refreshing: Promise<boolean> | null = null;

  constructor(
    private readonly fetch: Fetch,
    private readonly language: () => string,
  ) {}

  async get<T>(path: string): Promise<T> {
    return readJson<T>(await this.sendSignedIn('GET', path));
  }

  /** Null when it is still what `etag` names. */
  async getIfChanged<T>(path: string, etag: string | null): Promise<Tagged<T> | null> {
    const response = await this.sendSignedIn('GET', path, undefined, etag ? { 'if-none-match': etag } : {});
    if (response.status === 304) return null;
    return { value: await readJson<T>(response), etag: response.headers.get('etag') ?? '' };
  }

  async post<T>(path: string, body?: unknown): Promise<T> {
    return readJson<T>(await this.sendSignedIn('POST', path, body));
  }

  async put<T>(path: string, body?: unknown): Promise<T> {
    return readJson<T>(await this.sendSignedIn('PUT', path, body));
  }

  async patch<T>(path: string, body?: unknown): Promise<T> {
    return readJson<T>(await this.sendSignedIn('PATCH', path, body));
  }

  async delete<T>(path: string): Promise<T> {
    return readJson<T>(await this.sendSignedIn('DELETE', path));
  }

  /** An answer that anyone gets, signed in or not. */
  async getAnonymously<T>(path: string): Promise<T> {
    return readJson<T>(await checked(await this.send('GET', path)));
  }

  /** A request that makes, changes or ends a session, and so is never repeated with a fresh one. */
  async postAnonymously<T>(path: string, body?: unknown): Promise<T> {
    return readJson<T>(await checked(await this.send('POST', path, body)));
  }

  /** Fresh cookies for the session. Throws a Problem with the status 401 when there is none any more. */
  async renew(): Promise<void> {
    if (await this.refresh()) return;
    this.onSignedOut();
    throw new Problem('unauthorized', 401, '');
  }

  private async sendSignedIn(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const first = await this.send(method, path, body, headers);
    if (first.status !== 401) return checked(first);
    const problem = await readProblem(first);
    if (aboutInput.has(problem.code)) throw problem;
    if (await this.refresh()) {
      const second = await this.send(method, path, body, headers);
      if (second.status !== 401) return checked(second);
      const again = await readProblem(second);
      if (aboutInput.has(again.code)) throw again;
    }
    this.onSignedOut();
    throw problem;
  }

  /** Whether there is a session after it; throws when the server cannot say. */
  private refresh(): Promise<boolean> {
    this.refreshing ??= this.askForRefresh().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async askForRefresh(): Promise<boolean> {
    const response = await this.send('POST', '/api/v1/auth/refresh', {});
    if (response.status === 401) return false;
    await checked(response);
    return true;
  }

  private async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const init: RequestInit = { method, headers: { ...headers, 'accept-language': this.language() } };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { ...init.headers, 'content-type': 'application/json' };
    }
    try {
      return await this.fetch(path, init);
    } catch {
      throw noAnswer();
    }
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.ok || response.status === 304) return response;
  throw await readProblem(response);
}

async function readJson<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw noAnswer();
  }
}
