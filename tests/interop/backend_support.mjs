// The back end of somebody's app, for tests: what it asks with its API key, and what it gets by webhooks.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binary, Server } from './server.mjs';

const password = 'a long pass phrase';

/** An app's back end: what it may ask of Parley with its API key. */
export class App {
  constructor(server, key) {
    this.server = server;
    this.key = key;
  }
  async ask(method, path, body) {
    const answer = await fetch(`${this.server.http}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      body: body ? JSON.stringify(body) : undefined,
    });
    const text = await answer.text();
    const result = text ? JSON.parse(text) : null;
    if (answer.status === 429) {
      await new Promise((resolve) => setTimeout(resolve, result.retryAfterMs));
      return this.ask(method, path, body);
    }
    expect(answer.status, `${method} ${path}: ${text}`).toBeLessThan(300);
    return result;
  }
  rename(user, displayName) {
    return this.ask('PUT', `/external-users/${user}`, { displayName });
  }
  listen(url, more = {}) {
    return this.ask('POST', '/webhooks/endpoints', { url, ...more });
  }
  async deliveries(endpoint, query = '') {
    return (await this.ask('GET', `/webhooks/endpoints/${endpoint.id}/deliveries?limit=100${query}`)).items;
  }
  delivery(endpoint, id) {
    return this.ask('GET', `/webhooks/endpoints/${endpoint.id}/deliveries/${id}`);
  }
}

/** A server with an administrator and an API key. */
export async function startApp() {
  const data = mkdtempSync(join(tmpdir(), 'parley-'));
  const made = spawnSync(binary, ['user', 'create', '--dev', '--data', data, '--username', 'root', '--admin'], { input: `${password}\n` });
  expect(made.status, String(made.stderr)).toBe(0);
  const server = await Server.start([], { data });
  const signedIn = await new App(server, '').ask('POST', '/auth/sign-in', { login: 'root', password });
  const { secret } = await new App(server, signedIn.tokens.accessToken).ask('POST', '/admin/api-keys', { name: 'app' });
  return new App(server, secret);
}

/** A receiver: `events` are the new names of users, by user, in the order of their first arrival. */
export class Receiver {
  requests = [];
  status = 200;
  async open(port = 0) {
    this.server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      this.requests.push({ headers: request.headers, body, event: JSON.parse(body) });
      if (this.status) response.writeHead(this.status, this.headers).end();
    });
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/hook`;
    return this;
  }
  async close() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
  names() {
    const seen = new Set();
    const names = {};
    for (const { headers, event } of this.requests) {
      if (seen.has(headers['webhook-id']) || !event.type.startsWith('user.')) continue;
      seen.add(headers['webhook-id']);
      (names[event.resource] ??= []).push(event.data.displayName);
    }
    return names;
  }
}
