import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from './client';
import { FakeServer, json, problem } from './fake_server';
import { Problem } from './problem';

const refresh = 'POST /api/v1/auth/refresh';

describe('ApiClient', () => {
  let server: FakeServer;
  let client: ApiClient;
  let signedOut: number;

  beforeEach(() => {
    server = new FakeServer();
    client = new ApiClient(server.fetch, () => 'az');
    signedOut = 0;
    client.onSignedOut = () => signedOut++;
  });

  /** The access token is good only after a refresh. */
  function expireToken(): void {
    let isFresh = false;
    server
      .on('GET /thing', () => (isFresh ? json(200, { is: 'there' }) : problem(401, 'token_expired')))
      .on(refresh, () => {
        isFresh = true;
        return json(200, {});
      });
  }

  it('asks in the language of the page', async () => {
    server.on('GET /thing', () => json(200, {}));
    await client.get('/thing');
    expect(server.seen[0]?.headers['accept-language']).toBe('az');
  });

  it('throws the problem with the title that the server wrote', async () => {
    server.on('POST /thing', () => json(429, { code: 'rate_limited', title: 'Sonra', retryAfterMs: 1500 }));
    await expect(client.post('/thing')).rejects.toMatchObject({ code: 'rate_limited', title: 'Sonra', retryAfterMs: 1500 });
  });

  it('throws a problem without a title when nothing answers', async () => {
    await expect(client.get('/thing')).rejects.toMatchObject({ code: 'unavailable', status: 0, title: '' });
  });

  it('throws a problem when something other than our server answers', async () => {
    server.on('GET /thing', () => new Response('<html>', { status: 502 }));
    await expect(client.get('/thing')).rejects.toBeInstanceOf(Problem);
  });

  it('refreshes an expired session and repeats the request', async () => {
    expireToken();
    expect(await client.get('/thing')).toEqual({ is: 'there' });
    expect(signedOut).toBe(0);
  });

  it('refreshes once for all requests that wait', async () => {
    expireToken();
    await Promise.all([client.get('/thing'), client.get('/thing'), client.get('/thing')]);
    expect(server.count(refresh)).toBe(1);
  });

  it('tells that nobody is signed in when the session cannot be refreshed', async () => {
    server.on('GET /thing', () => problem(401, 'token_expired')).on(refresh, () => problem(401, 'session_revoked'));
    await expect(client.get('/thing')).rejects.toMatchObject({ status: 401 });
    expect(signedOut).toBe(1);
  });

  it('keeps the session when the server is only out of reach', async () => {
    server.on('GET /thing', () => problem(401, 'token_expired')).on(refresh, () => problem(503, 'overloaded'));
    await expect(client.get('/thing')).rejects.toMatchObject({ code: 'overloaded' });
    expect(signedOut).toBe(0);
  });

  it('does not refresh after a wrong password', async () => {
    server.on('POST /sign-in', () => problem(401, 'wrong_credentials'));
    await expect(client.postAnonymously('/sign-in')).rejects.toMatchObject({ code: 'wrong_credentials' });
    expect(server.count(refresh)).toBe(0);
    expect(signedOut).toBe(0);
  });

  it.each(['wrong_credentials', 'second_factor_required', 'wrong_second_factor'])('keeps the session when the server answers %s', async (code) => {
    server.on('PUT /password', () => problem(401, code)).on(refresh, () => problem(401, 'token_invalid'));
    await expect(client.put('/password', {})).rejects.toMatchObject({ code });
    expect(server.count(refresh)).toBe(0);
    expect(signedOut).toBe(0);
  });

  it('keeps the session when a wrong password follows a refresh', async () => {
    expireToken();
    const expired = problem(401, 'token_expired');
    let tries = 0;
    server.on('PUT /password', () => (tries++ === 0 ? expired : problem(401, 'wrong_credentials')));
    await expect(client.put('/password', {})).rejects.toMatchObject({ code: 'wrong_credentials' });
    expect(signedOut).toBe(0);
  });

  it('gives the tag of an answer, and null when it still holds', async () => {
    server.on('GET /thing', ({ headers }) =>
      headers['if-none-match'] === '"1"' ? new Response(null, { status: 304 }) : json(200, [1], { etag: '"1"' }),
    );
    expect(await client.getIfChanged('/thing', null)).toEqual({ value: [1], etag: '"1"' });
    expect(await client.getIfChanged('/thing', '"1"')).toBeNull();
  });
});
