// Somebody with an account, and the API as he sees it.
import { expect } from 'vitest';

export class Person {
  static async register(server, username) {
    const answer = await fetch(`${server.http}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password: 'a long pass phrase', displayName: username.toUpperCase() }),
    });
    expect(answer.status).toBe(201);
    const { tokens } = await answer.json();
    return new this(server, tokens);
  }
  constructor(server, tokens) {
    this.server = server;
    this.id = tokens.userId;
    this.token = tokens.accessToken;
  }
  async ask(method, path, body) {
    const answer = await fetch(`${this.server.http}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : undefined,
    });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  }
  /** Like ask(), for what must succeed; waits where it must. */
  async do(method, path, body) {
    const answer = await this.ask(method, path, body);
    if (answer.status === 429) {
      await new Promise((resolve) => setTimeout(resolve, answer.body.retryAfterMs));
      return this.do(method, path, body);
    }
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  }
}
