// Starting, stopping and refusing to start.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Server, binary } from './server.mjs';
import { closed, openSignal, token } from './support.mjs';

describe('SIGTERM', () => {
  it('tells clients to reconnect, closes their sockets and exits cleanly in time', async () => {
    const server = await Server.start();
    const { socket } = await openSignal(server, { access_token: await token('ada', 'drain'), protocol: 16 });
    const leave = new Promise((resolve) => {
      socket.on('message', (frame, isBinary) => !isBinary && JSON.parse(frame).leave && resolve(JSON.parse(frame).leave));
    });
    // Text makes the server answer in JSON, which is easier to read here.
    const spoken = new Promise((resolve) => socket.on('message', (_, isBinary) => !isBinary && resolve()));
    socket.send(JSON.stringify({ pingReq: { timestamp: '1' } }));
    await spoken;
    const ended = closed(socket);
    const stopping = server.stop('SIGTERM');
    expect(await leave).toMatchObject({ reason: 'SERVER_SHUTDOWN', action: 'RECONNECT' });
    expect(await ended).toBe(1000);
    expect(await stopping).toBe(0);
  });
});

describe('standard input', () => {
  it('ends the server when it closes, so that no test leaves one behind', async () => {
    const server = await Server.start();
    const ended = new Promise((resolve) => server.child.once('exit', resolve));
    server.child.stdin.end();
    expect(await ended).toBe(0);
    await server.stop();
  });
});

describe('a configuration', () => {
  const serve = (args, env = {}) =>
    spawnSync(binary, ['serve', ...args], { encoding: 'utf8', timeout: 10_000, env: { PATH: process.env.PATH, ...env } });

  it('for production must name keys', () => {
    const run = serve([]);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain('keys: no API key is set');
  });

  it('for production refuses the development key', () => {
    const run = serve([], { LIVEKIT_KEYS: 'devkey: secret' });
    expect(run.status).toBe(2);
    expect(run.stderr).toContain('devkey/secret is for --dev only');
  });

  it('with several faults names them all, each with its origin, and no secret', () => {
    const file = join(tmpdir(), `parley-${process.pid}.yaml`);
    writeFileSync(file, 'port: many\nrtc:\n  udp_port: 99999\nno_such: 1\nkeys:\n  devkey: hush-hush-secret\n');
    const run = serve(['--config', file], { PARLEY_LOGGING_LEVEL: 'loud' });
    expect(run.status).toBe(2);
    for (const text of ['port (', 'rtc.udp_port (', 'no_such (', 'logging.level (PARLEY_LOGGING_LEVEL)']) {
      expect(run.stderr).toContain(text);
    }
    expect(run.stderr).not.toContain('hush-hush-secret');
  });

  it('for production refuses wildcard and plain origins and dead variables, all at once', () => {
    const run = serve([], { FRONTEND_URL: '*, http://chat.example.com', FCM_SERVER_KEY: 'AAAA', EXPO_PUSH_TOKEN: 'ExponentPushToken[x]' });
    expect(run.status).toBe(2);
    for (const text of ['"*" lets every site act', '"http://chat.example.com" is not https', 'FCM_SERVER_KEY: Google shut this API down', 'keys: no API key']) {
      expect(run.stderr).toContain(text);
    }
    expect(run.stderr).not.toContain('AAAA');
  });

  it('is printed by `config check` with the origin of each value and without secrets', () => {
    const run = spawnSync(binary, ['config', 'check', '--dev'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, DATABASE_URL: 'postgres://u:hush-hush@db/parley', PARLEY_PORT: '7000' },
    });
    expect(run.status).toBe(0);
    expect(run.stdout).toContain('port = 7000    (PARLEY_PORT)');
    expect(run.stdout).toContain('database.url = (secret)    (DATABASE_URL)');
    expect(run.stdout).not.toContain('hush-hush');
  });

  it('that names a port in use ends with the reason', async () => {
    const server = await Server.start();
    const run = serve(['--dev', '--port', String(server.port), '--rtc-udp-port', '0', '--rtc-tcp-port', '0']);
    await server.stop();
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(String(server.port));
  });
});

describe('/metrics in production', () => {
  /** The statuses without a token, with a wrong one and with the right one. */
  const statuses = async (flags) => {
    const keys = ['--keys', 'k: a secret of more than thirty-two characters'];
    const server = await Server.start([...keys, ...flags], { dev: false });
    const ask = async (token) => (await fetch(`${server.http}/metrics`, { headers: token ? { authorization: `Bearer ${token}` } : {} })).status;
    const all = [await ask(), await ask('wrong'), await ask('right')];
    await server.stop();
    return all;
  };

  it('is not there unless it has a token, which must be given', async () => {
    expect(await statuses([])).toEqual([404, 404, 404]);
    expect(await statuses(['--metrics-token', 'right'])).toEqual([401, 401, 200]);
  });
});

describe('parley doctor', () => {
  const doctor = (url, secret) =>
    spawnSync(binary, ['doctor', '--dev'], {
      encoding: 'utf8',
      timeout: 20_000,
      cwd: tmpdir(),
      env: { PATH: process.env.PATH, LIVEKIT_URL: url, LIVEKIT_API_KEY: 'devkey', LIVEKIT_API_SECRET: secret },
    });

  it('TRB-2: accepts a LiveKit whose key is right, and names the variables when it is not', async () => {
    const livekit = await Server.start();
    const right = doctor(livekit.url, 'secret');
    const wrong = doctor(livekit.url, 'not-the-secret');
    await livekit.stop();
    expect(right.stdout).toContain('ok    livekit: LiveKit answers and accepts the key');
    expect(right.status).toBe(0);
    expect(wrong.stdout).toContain('FAIL  livekit_credentials_refused: LIVEKIT_API_KEY, LIVEKIT_API_SECRET');
    expect(wrong.stdout).not.toContain('not-the-secret');
    expect(wrong.status).toBe(1);
  });

  it('TRB-2: so does a server at its start', async () => {
    const livekit = await Server.start();
    const child = spawn(binary, ['serve', '--dev', '--exit-with-stdin', '--port', '0', '--rtc-udp-port', '0', '--rtc-tcp-port', '0', '--data', livekit.data + '-2'], {
      env: { PATH: process.env.PATH, LIVEKIT_URL: livekit.url, LIVEKIT_API_KEY: 'devkey', LIVEKIT_API_SECRET: 'not-the-secret' },
    });
    let log = '';
    const said = new Promise((resolve) => child.stderr.on('data', (chunk) => (log += chunk).includes('livekit_credentials_refused') && resolve()));
    await said;
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
    await livekit.stop();
    rmSync(livekit.data + '-2', { recursive: true, force: true });
    expect(log).toContain('livekit_check_failed');
    expect(log).not.toContain('not-the-secret');
  });
});

describe('parley token create', () => {
  it('makes a token that lets its owner in', async () => {
    const server = await Server.start();
    const run = spawnSync(binary, ['token', 'create', '--room', 'r', '--identity', 'ada', '--valid-for', '10m'], { encoding: 'utf8' });
    expect(run.status).toBe(0);
    const { first, socket } = await openSignal(server, { access_token: run.stdout.trim(), protocol: 16 });
    expect(first.length).toBeGreaterThan(100);
    socket.terminate();
    await server.stop();
  });
});
