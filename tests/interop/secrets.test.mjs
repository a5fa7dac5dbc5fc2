// TOK-7: what is secret stays where it belongs. A server with every kind of secret is used for a while; then everything
// that it says is searched for them: answers, logs, metrics, its own account of its configuration, and the web app.
import { execFile } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binary, Server } from './server.mjs';

const random = () => randomBytes(24).toString('hex');
const dist = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** Runs the program to its end: what it said, and its exit code. */
function run(args, env, input = '') {
  return new Promise((resolve) => {
    const child = execFile(binary, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, text: stdout + stderr }));
    child.stdin.end(input);
  });
}

/** RFC 6238 with the usual parameters. */
function totp(base32) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...base32].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', secret).update(counter).digest();
  return ((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0');
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('TOK-7: secrets', () => {
  const ofServer = {
    LIVEKIT_API_SECRET: random(),
    SMTP_PASSWORD: random(),
    OIDC_CLIENT_SECRET: random(),
    LIVEKIT_KEYS: `own: ${random()}`,
    DATABASE_URL: `postgresql://parley:${random()}@127.0.0.1:9/parley`,
    REDIS_URL: `redis://:${random()}@127.0.0.1:9`,
  };
  const env = {
    ...ofServer,
    DATABASE_URL: '',
    LIVEKIT_URL: 'ws://127.0.0.1:9',
    LIVEKIT_API_KEY: 'rooms',
  };
  /** What nothing may repeat. */
  const secrets = { ...ofServer, LIVEKIT_KEYS: ofServer.LIVEKIT_KEYS.slice(5), DATABASE_URL: ofServer.DATABASE_URL.split(/[:@]/)[2], REDIS_URL: ofServer.REDIS_URL.split(/[:@]/)[2] };
  const password = `parola-${random()}`;
  let server, logs, channel, admin, tokens;

  const ask = async (method, path, body, token) => {
    const answer = await fetch(`${server.http}/api/v1${path}`, {
      method,
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const use = async (...request) => {
    const answer = await ask(...request);
    expect(answer.status, `${request[0]} ${request[1]}: ${answer.text}`).toBeLessThan(300);
    return answer.text ? JSON.parse(answer.text) : null;
  };
  const lastMail = () => {
    const folder = join(server.data, 'mail');
    const mail = readFileSync(readdirSync(folder).sort().map((name) => join(folder, name)).at(-1), 'latin1');
    return Buffer.from(mail.slice(mail.indexOf('\r\n\r\n')), 'base64').toString();
  };
  const mailed = () => /#token=(\S+)/.exec(lastMail())[1];
  const expectNone = (text, where) => {
    for (const [name, secret] of Object.entries(secrets)) expect(text.includes(secret), `${name} is in ${where}`).toBe(false);
  };

  beforeAll(async () => {
    logs = mkdtempSync(join(tmpdir(), 'parley-logs-'));
    const data = mkdtempSync(join(tmpdir(), 'parley-'));
    secrets.adminPassword = random();
    const made = await run(['user', 'create', '--dev', '--data', data, '--admin', '--username', 'kok'], env, `${secrets.adminPassword}\n`);
    expect(made.status, made.text).toBe(0);
    expectNone(made.text, 'the output of `user create`');
    const before = process.env.PARLEY_TEST_LOGS;
    process.env.PARLEY_TEST_LOGS = logs;
    server = await Server.start([], { env, data, logName: 'secrets' });
    process.env.PARLEY_TEST_LOGS = before ?? '';
    if (before === undefined) delete process.env.PARLEY_TEST_LOGS;

    // A life with all that is secret in it.
    secrets.password = password;
    const email = 'selin@example.com';
    tokens = (await use('POST', '/auth/register', { username: 'selin', email, password })).tokens;
    Object.assign(secrets, { access: tokens.accessToken, refresh: tokens.refreshToken, verification: mailed() });
    secrets.wrongPassword = random();
    await ask('POST', '/auth/sign-in', { login: 'selin', password: secrets.wrongPassword });
    await use('POST', '/auth/email/verify', { token: secrets.verification });
    await use('POST', '/auth/password/request-reset', { email });
    secrets.reset = mailed();
    secrets.newPassword = random();
    await use('POST', '/auth/password/reset', { token: secrets.reset, newPassword: secrets.newPassword });
    tokens = (await use('POST', '/auth/sign-in', { login: 'selin', password: secrets.newPassword })).tokens;
    Object.assign(secrets, { access2: tokens.accessToken, refresh2: tokens.refreshToken });
    tokens = await use('POST', '/auth/refresh', { refreshToken: tokens.refreshToken });
    Object.assign(secrets, { access3: tokens.accessToken, refresh3: tokens.refreshToken });
    secrets.totp = (await use('POST', '/users/me/second-factor/begin', { password: secrets.newPassword }, tokens.accessToken)).secret;
    const codes = await use('POST', '/users/me/second-factor/confirm', { code: totp(secrets.totp) }, tokens.accessToken);
    codes.recoveryCodes.forEach((code, i) => (secrets[`recovery${i}`] = code));
    secrets.ticket = (await use('POST', '/auth/sign-in', { login: 'selin', password: secrets.newPassword })).ticket;
    secrets.forged = `pa_${random()}`;
    expect((await ask('GET', '/users/me', null, secrets.forged)).status).toBe(401);
    admin = (await use('POST', '/auth/sign-in', { login: 'kok', password: secrets.adminPassword })).tokens.accessToken;
    secrets.adminAccess = admin;
    secrets.apiKey = (await use('POST', '/admin/api-keys', { name: 'app' }, admin)).secret;
    await use('PUT', '/external-users/e1', {}, secrets.apiKey);
    secrets.minted = (await use('POST', '/external-users/e1/tokens', {}, secrets.apiKey)).accessToken;
    const community = await use('POST', '/communities', { name: 'Ev' }, tokens.accessToken);
    channel = await use('POST', `/communities/${community.id}/channels`, { name: 'Söhbət', kind: 'voice' }, tokens.accessToken);
    secrets.room = (await use('POST', `/channels/${channel.id}/voice/join`, null, tokens.accessToken)).token;
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(logs, { recursive: true, force: true });
  });

  it('are in no answer to a question', async () => {
    const { paths } = await use('GET', '/openapi.json');
    let asked = 0;
    for (const [path, methods] of Object.entries(paths)) {
      if (!methods.get) continue;
      const filled = path.replace('/api/v1', '').replace('{channelId}', channel.id).replace('{communityId}', channel.communityId)
        .replace('{userId}', tokens.userId).replace('{externalId}', 'e1');
      for (const who of [null, tokens.accessToken, admin, secrets.apiKey]) {
        expectNone((await ask('GET', filled, null, who)).text, `GET ${path}`);
        asked++;
      }
    }
    expect(asked).toBeGreaterThan(80);
  });

  it('are in no refusal', async () => {
    for (const body of [{ password }, { password: [password] }, { login: 1, password }, { login: 'selin', password, [secrets.totp]: 1 }]) {
      const answer = await ask('POST', '/auth/sign-in', body);
      if (!(secrets.totp in body)) expectNone(answer.text, `the refusal of ${Object.keys(body)}`);
      expect(answer.text).not.toContain(password);
    }
    expectNone((await ask('POST', '/auth/refresh', { refreshToken: secrets.refresh2 })).text, 'the refusal of a refresh');
  });

  it('of the server are in no room token', () => {
    const claims = Buffer.from(secrets.room.split('.')[1], 'base64url').toString();
    expectNone(claims, 'the claims of a room token');
  });

  it('are in no metric, page or health check', async () => {
    for (const path of ['/metrics', '/', '/healthz', '/readyz', '/nothing', '/api/v1/nothing', '/rtc', '/rtc/validate?access_token=x']) {
      const answer = await fetch(server.http + path);
      expectNone((await answer.text()) + JSON.stringify([...answer.headers]), path);
    }
  });

  it('are not in what `config check` prints, nor in what a failing start says', async () => {
    const check = await run(['config', 'check', '--dev'], { ...env, ...ofServer });
    expect(check.text).toContain('(secret)');
    expectNone(check.text, 'config check');
    const start = await run(['serve', '--dev', '--port', '0', '--rtc-udp-port', '0', '--rtc-tcp-port', '0'], { ...env, ...ofServer });
    expect(start.status).toBe(1);
    expectNone(start.text, 'a start without its database');
    const faulty = await run(['serve', '--port', '0'], { ...env, LIVEKIT_KEYS: secrets.LIVEKIT_KEYS, DATABASE_URL: `mysql://x:${secrets.DATABASE_URL}@h/d` });
    expect(faulty.status).toBeGreaterThan(0);
    expectNone(faulty.text, 'a start with a faulty configuration');
  });

  it('are in no log, at its loudest', async () => {
    // Everything above has been written by then.
    expect(await server.stop()).toBe(0);
    const log = filesBelow(logs).map((file) => readFileSync(file, 'utf8')).join('\n');
    expect(log.split('\n').length).toBeGreaterThan(20);
    expectNone(log, 'the log');
    expect(log.includes('selin@example.com'), 'an e-mail address is in the log').toBe(false);
  });

  it('of no kind are in the web app', () => {
    const files = filesBelow(dist);
    expect(files.length, 'the web app is not built').toBeGreaterThan(2);
    for (const file of files) {
      const text = readFileSync(file, 'latin1');
      for (const sign of [/devkey/, /LIVEKIT_API_SECRET|DATABASE_URL|SMTP_PASSWORD|OIDC_CLIENT_SECRET/, /\bp[arkmt]_[\w-]{43}/, /\beyJhbGciOi/, /BEGIN [A-Z ]*PRIVATE KEY/]) {
        expect(sign.test(text), `${sign} in ${file}`).toBe(false);
      }
    }
  });
});
