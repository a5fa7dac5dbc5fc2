// Signing in by an identity provider, against the `oidc-provider` package: a certified implementation that is not ours.
import { once } from 'node:events';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Server } from './server.mjs';
import { freePort } from './support.mjs';

/** A browser without a window: follows redirects by hand and keeps each host's cookies. */
class Browser {
  jars = new Map();

  async open(url, options = {}) {
    const { host } = new URL(url);
    const jar = this.jars.get(host) ?? new Map();
    this.jars.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { ...options, redirect: 'manual', headers: { ...options.headers, cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      if (pair.length === at + 1) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  }

  /** Goes on until `stop` holds of the next address; answers every form of the provider on the way. */
  async walk(start, login, stop) {
    let url = start;
    for (let step = 0; step < 20; ++step) {
      if (stop(url)) return url;
      let answer = await this.open(url);
      if (answer.status === 200) {
        const page = await answer.text();
        url = new URL(/action="([^"]+)"/.exec(page)[1], url).href;
        const body = new URLSearchParams({ prompt: /name="prompt" value="(\w+)"/.exec(page)[1], login, password: 'x' });
        answer = await this.open(url, { method: 'POST', body });
      }
      url = new URL(answer.headers.get('location'), url).href;
    }
    throw new Error(`no end in sight: ${url}`);
  }
}

describe.each([
  ['with the claims in the token', false],
  ['with the claims at the userinfo endpoint', true],
])('signing in by an identity provider, %s', (_, conformIdTokenClaims) => {
  let provider;
  let server;
  let issuer;

  beforeAll(async () => {
    const [idPort, port] = [await freePort(), await freePort()];
    issuer = `http://127.0.0.1:${idPort}`;
    const api = `http://127.0.0.1:${port}`;
    const oidc = new Provider(issuer, {
      clients: [{ client_id: 'parley', client_secret: 'a secret: with/signs', redirect_uris: [`${api}/api/v1/auth/oidc/callback`] }],
      claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'locale'], email: ['email', 'email_verified'] },
      conformIdTokenClaims,
      cookies: { keys: ['for tests'] },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({ sub: id, name: `${id} K.`, preferred_username: id, locale: 'tr-TR', email: `${id}@example.com`, email_verified: true }),
      }),
    });
    provider = oidc.listen(idPort, '127.0.0.1');
    await once(provider, 'listening');
    Object.assign(process.env, { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'parley', OIDC_CLIENT_SECRET: 'a secret: with/signs', FRONTEND_URL: api });
    server = await Server.start([], { port });
  });
  afterAll(async () => {
    await server?.stop();
    provider?.closeAllConnections();
    provider?.close();
  });

  const me = async (browser) => (await browser.open(`${server.http}/api/v1/users/me`)).json();
  const signIn = (browser, name) =>
    browser.walk(`${server.http}/api/v1/auth/oidc/start?returnTo=/rooms`, name, (url) => url === `${server.http}/rooms`);

  it('makes an account at the first time and finds it again', async () => {
    const first = new Browser();
    await signIn(first, 'selin');
    const account = await me(first);
    expect(account).toMatchObject({ username: 'selin', displayName: 'selin K.', email: 'selin@example.com', isEmailVerified: true, locale: 'tr' });
    const second = new Browser();
    await signIn(second, 'selin');
    expect((await me(second)).id).toBe(account.id);
    const other = new Browser();
    await signIn(other, 'mert');
    expect((await me(other)).id).not.toBe(account.id);
  });

  it('refuses a code that was replayed or taken to another browser', async () => {
    const browser = new Browser();
    const callback = await browser.walk(`${server.http}/api/v1/auth/oidc/start`, 'selin', (url) => url.includes('/oidc/callback'));
    const stranger = await new Browser().open(callback);
    expect(stranger.headers.get('location')).toMatch(/#problem=token_invalid$/);
    expect((await browser.open(callback)).headers.get('location')).toBe(`${server.http}/`);
    expect((await browser.open(callback)).headers.get('location')).toMatch(/#problem=token_invalid$/);
  });

  it('says at the sign-in page that the user changed his mind', async () => {
    const browser = new Browser();
    const away = (await browser.open(`${server.http}/api/v1/auth/oidc/start`)).headers.get('location');
    const state = new URL(away).searchParams.get('state');
    const back = await browser.open(`${server.http}/api/v1/auth/oidc/callback?error=access_denied&state=${state}&iss=${encodeURIComponent(issuer)}`);
    expect(back.headers.get('location')).toMatch(/\/sign-in#problem=forbidden$/);
  });
});
