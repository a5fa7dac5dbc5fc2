import type { Fetch } from './client';

export interface Seen {
  method: string;
  path: string;
  body: unknown;
  headers: Record<string, string>;
}

type Answer = (request: Seen) => Response | Promise<Response>;

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

export const problem = (status: number, code: string, title = code): Response => json(status, { code, title });

/** A server for tests: answers "METHOD /path" as it was told, and keeps what was asked. */
export class FakeServer {
  readonly seen: Seen[] = [];
  private readonly answers = new Map<string, Answer>();

  on(route: string, answer: Answer): this {
    this.answers.set(route, answer);
    return this;
  }

  /** How often the route was asked for. */
  count(route: string): number {
    return this.seen.filter(({ method, path }) => `${method} ${path}` === route).length;
  }

  readonly fetch: Fetch = async (path, init) => {
    const request: Seen = {
      method: init.method ?? 'GET',
      path,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
      headers: init.headers as Record<string, string>,
    };
    this.seen.push(request);
    const answer = this.answers.get(`${request.method} ${path}`);
    if (!answer) throw new TypeError(`nothing answers ${request.method} ${path}`);
    return answer(request);
  };
}
