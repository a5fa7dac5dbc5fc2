// The variables that the seeds' apps have, tried on the program itself.
import { AudioFrame, AudioSource, LocalAudioTrack, Room, RoomEvent, TrackPublishOptions, TrackSource } from '@livekit/rtc-node';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { binary, Server } from './server.mjs';
import { openSignal, token } from './support.mjs';

const password = 'a long pass phrase';
const post = (server, path, body, headers = {}) =>
  fetch(`${server.http}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const as = (tokens) => ({ authorization: `Bearer ${tokens.accessToken}` });

async function withServer(env, use, flags = []) {
  const server = await Server.start(flags, { env });
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

describe('FRONTEND_URL', () => {
  const app = 'https://app.example.com';

  it('CFG-3: lets its pages in and others not, and is where links and cookies lead', async () => {
    await withServer({ FRONTEND_URL: app }, async (server) => {
      const body = { username: 'selin', email: 'selin@example.com', password, transport: 'cookie' };
      const foreign = await post(server, '/auth/register', body, { origin: 'https://evil.example' });
      expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null]);
      const own = await post(server, '/auth/register', body, { origin: app });
      expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([201, app]);
      // A cookie without a domain is for this very host; https pages get it over https only.
      const cookies = own.headers.getSetCookie();
      expect(cookies).toHaveLength(2);
      for (const cookie of cookies) expect(cookie).toMatch(/; HttpOnly; SameSite=(Lax|Strict); Secure$/);
      const folder = join(server.data, 'mail');
      const mail = readFileSync(join(folder, readdirSync(folder)[0]), 'latin1');
      const text = Buffer.from(mail.slice(mail.indexOf('\r\n\r\n')), 'base64').toString();
      expect(new URL(/https?:\/\/\S+/.exec(text)[0]).origin).toBe(app);
    });
  });
});

describe('with nothing configured', () => {
  /** In an empty folder, with no variable but PATH, and one command. */
  async function startBare(folder) {
    const child = spawn(binary, ['serve', '--dev', '--exit-with-stdin', '--port', '0', '--rtc-udp-port', '0', '--rtc-tcp-port', '0'], {
      cwd: folder,
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let text = '';
    for await (const chunk of child.stdout) {
      text += chunk;
      const match = /^listening (\d+)$/m.exec(text);
      if (match) return { child, http: `http://127.0.0.1:${match[1]}` };
    }
    throw new Error(`the server ended at start: ${text}`);
  }

  it('CFG-4: one command in an empty folder is a server on which two people call each other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-bare-'));
    const server = await startBare(folder);
    const join_ = async (username) => (await (await post(server, '/auth/register', { username, password })).json()).tokens;
    const ask = async (tokens, path, body = {}) => {
      const answer = await post(server, path, body, as(tokens));
      expect(answer.status, path).toBeLessThan(300);
      return answer.json();
    };
    const [ayla, bulut] = [await join_('ayla'), await join_('bulut')];
    const community = await ask(ayla, '/communities', { name: 'Ev' });
    const channel = await ask(ayla, `/communities/${community.id}/channels`, { name: 'Söhbət', kind: 'voice' });
    const invite = await ask(ayla, `/communities/${community.id}/invites`);
    await ask(bulut, `/invites/${invite.code}/accept`);
    const rooms = [];
    for (const tokens of [ayla, bulut]) {
      const ticket = await ask(tokens, `/channels/${channel.id}/voice/join`);
      const room = new Room();
      await room.connect(ticket.url, ticket.token, { autoSubscribe: true, dynacast: false });
      rooms.push(room);
    }
    const heard = new Promise((resolve) => rooms[1].on(RoomEvent.TrackSubscribed, (track) => resolve(track.kind)));
    const source = new AudioSource(48_000, 1);
    const options = new TrackPublishOptions();
    options.source = TrackSource.SOURCE_MICROPHONE;
    await rooms[0].localParticipant.publishTrack(LocalAudioTrack.createAudioTrack('microphone', source), options);
    await source.captureFrame(new AudioFrame(new Int16Array(480), 48_000, 1, 480));
    await heard;
    await Promise.all(rooms.map((room) => room.disconnect()));
    server.child.stdin.end();
    const [code] = await once(server.child, 'exit');
    expect(code).toBe(0);
    rmSync(folder, { recursive: true });
  });
});

describe('an optional part that is not configured', () => {
  const blocks = [
    ['OIDC', { OIDC_ISSUER: '' }, async (server) => {
      expect(await (await fetch(`${server.http}/api/v1/auth/oidc`)).json()).toEqual({ isOffered: false });
      const start = await fetch(`${server.http}/api/v1/auth/oidc/start`, { redirect: 'manual' });
      expect((await start.json()).code).toBe('not_configured');
    }],
    ['an external LiveKit', { LIVEKIT_URL: '' }, async (server) => {
      const hook = await post(server, '/webhooks/livekit', {});
      expect((await hook.json()).code).toBe('not_found');
    }],
    ['SMTP', { SMTP_URL: '' }, async (server) => {
      const asked = await post(server, '/auth/password/request-reset', { email: 'selin@example.com' });
      expect(asked.status).toBe(204);
    }],
  ];

  it.each(blocks)('CFG-6: %s is off, and all the rest works', async (_, env, expectOff) => {
    await withServer(env, async (server) => {
      await expectOff(server);
      const made = await post(server, '/auth/register', { username: 'selin', email: 'selin@example.com', password });
      expect(made.status).toBe(201);
      const { tokens } = await made.json();
      expect((await post(server, '/communities', { name: 'Ev' }, as(tokens))).status).toBe(201);
    });
  });

  it('CFG-6: in production mail that goes nowhere stops nobody', async () => {
    const server = await Server.start([], { dev: false, env: { LIVEKIT_KEYS: `own: ${'x'.repeat(40)}` } });
    const made = await post(server, '/auth/register', { username: 'selin', email: 'selin@example.com', password });
    expect(made.status).toBe(201);
    expect((await post(server, '/auth/password/request-reset', { email: 'selin@example.com' })).status).toBe(204);
    await server.stop();
  });
});

describe('a room token', () => {
  it('TOK-4: that has expired is told apart from one that is wrong', async () => {
    await withServer({}, async (server) => {
      const expired = await openSignal(server, { access_token: await token('ada', 'r', {}, { ttl: -3600 }) });
      const wrong = await openSignal(server, { access_token: await token('ada', 'r', {}, { secret: 'another secret of thirty-two letters' }) });
      expect([expired.status, wrong.status]).toEqual([401, 401]);
      expect(expired.text).toContain('expired');
      expect(wrong.text).not.toContain('expired');
    });
  });
});
