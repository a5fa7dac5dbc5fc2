// Two instances on one PostgreSQL, with Redis between and nginx before them: product.md SCL-2 to SCL-4.
import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Balancer } from './balancer.mjs';
import { Listener } from './listener.mjs';
import { Person } from './person.mjs';
import { Postgres } from './postgres.mjs';
import { Redis } from './redis.mjs';
import { binary, Server } from './server.mjs';
import { eventually, freePort } from './support.mjs';

let postgres, redis, livekit, env, first, second, balancer;
let owner, guest, community, channel;
let open = [];

const startInstance = (port, data) => Server.start(['--trusted-proxies', '127.0.0.1/32'], { port, data, env, logName: 'instances' });
/** The same person, whose client talks to another instance. */
const at = (server, person) => Object.assign(Object.create(Person.prototype), person, { server });
const listen = async (server, person, options) => {
  const listener = await Listener.open(at(server, person), options);
  open.push(listener);
  return listener;
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts a server that must not come up; what it says when it ends. */
function refused(more, flags = ['--data', join(tmpdir(), `parley-refused-${process.pid}`)]) {
  const args = ['serve', '--dev', '--port', '0', '--rtc-udp-port', '0', '--rtc-tcp-port', '0', ...flags];
  const done = spawnSync(binary, args, { env: { ...process.env, ...env, ...more }, encoding: 'utf8', timeout: 25_000 });
  expect(done.status, done.stderr).toBe(1);
  return done.stderr.trim().split('\n').at(-1);
}
async function metric(server, name) {
  const text = await (await fetch(`${server.http}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)[1]);
}
async function stored() {
  const all = [];
  for (let after = 0; ; ) {
    const page = await owner.do('GET', `/conversations/${channel}/messages?after=${after}&limit=100`);
    all.push(...page.items.map((message) => message.text));
    if (!page.next) return all;
    after = page.next;
  }
}
const pending = () => Number(execFileSync(join(postgres.bin, 'psql'), [postgres.url, '-Atc', 'select count(*) from outbox'], { encoding: 'utf8' }));

beforeAll(async () => {
  [postgres, redis, livekit] = await Promise.all([new Postgres().start(), Redis.start(), Server.start()]);
  env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, LIVEKIT_URL: livekit.url, LIVEKIT_API_KEY: 'devkey', LIVEKIT_API_SECRET: 'secret' };
  [first, second] = await Promise.all([startInstance(await freePort()), startInstance(await freePort())]);
  balancer = await Balancer.start([first.port, second.port]);
  [owner, guest] = [await Person.register(first, 'aysel'), await Person.register(second, 'ibrahim')];
  community = (await owner.do('POST', '/communities', { name: 'Naxçıvan' })).id;
  channel = (await owner.do('POST', `/communities/${community}/channels`, { name: 'ümumi', kind: 'text' })).id;
  const invite = await owner.do('POST', `/communities/${community}/invites`, {});
  await guest.do('POST', `/invites/${invite.code}/accept`);
}, 60_000);
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
afterAll(async () => {
  for (const one of [balancer, second, first, livekit, redis]) await one?.stop();
  await postgres?.remove();
});

describe('SCL-2: instances that know nothing of each other', () => {
  it('refuses one without REDIS_URL beside those that have it, and names it', () => {
    expect(refused({ REDIS_URL: '' })).toMatch(/another instance.*REDIS_URL/);
  });
  it('refuses one that carries calls itself, and names LIVEKIT_URL', () => {
    expect(refused({ LIVEKIT_URL: '' })).toMatch(/another instance.*LIVEKIT_URL/);
  });
  it('refuses the second one without Redis, and lets it in as soon as the first is killed', async () => {
    const alone = { DATABASE_URL: `${postgres.url}&schema=alone`, REDIS_URL: '', LIVEKIT_URL: '' };
    const only = await Server.start([], { env: alone });
    expect(refused(alone)).toMatch(/REDIS_URL/);
    expect(refused({ ...alone, REDIS_URL: redis.url, LIVEKIT_URL: livekit.url })).toMatch(/without REDIS_URL/);
    await only.stop('SIGKILL');
    const next = await Server.start([], { env: alone, data: only.data });
    expect(await next.stop()).toBe(0);
  });
  it('refuses a second one on a SQLite file, with Redis as well', async () => {
    const only = await Server.start([]);
    expect(refused({ DATABASE_URL: '' }, ['--data', only.data])).toMatch(/SQLite/);
    await only.stop();
  });
});

describe('several instances', () => {
  it('tell each other who is writing and who is there', async () => {
    const reader = await listen(second, guest);
    const writer = await listen(first, owner);
    await reader.next('presence', (one) => one.userId === owner.id && one.state === 'active');
    await writer.ask('typing', { conversationId: channel });
    await reader.next('userTyping', (one) => one.userId === owner.id && one.conversationId === channel);
    expect((await reader.ask('getPresence', { userIds: [owner.id] })).items).toEqual([{ userId: owner.id, state: 'active' }]);
  });

  it('tell messages at once on both, in one order', async () => {
    const [here, there] = [await listen(first, owner), await listen(second, guest)];
    const sends = [];
    for (let i = 0; i < 20; ++i) sends.push((i % 2 ? here : there).send(channel, `birlikdə ${i}`));
    await Promise.all(sends);
    const texts = (listener) => listener.of('newMessage').map((one) => one.text);
    for (const each of [here, there]) await eventually(() => texts(each).length === 20, 'all are told');
    expect(texts(there)).toEqual(texts(here));
  });

  it('SCL-3: lose nothing when one is killed under load, and its clients come back through the other', { timeout: 60_000 }, async () => {
    const before = (await stored()).length;
    const share = () => Promise.all([first, second].map((server) => metric(server, 'parley_gateway_sockets')));
    await eventually(async () => (await share()).every((count) => count === 0), 'the sockets of earlier tests are gone');
    const clients = [];
    // Where an address leads to is nginx's to say: on until both have clients.
    for (let i = 0; i < 8 || Math.min(...(await share())) === 0; ++i) {
      const transports = [['polling', 'websocket'], ['websocket'], ['polling']][i % 3];
      const options = { transports, extraHeaders: { 'x-forwarded-for': `10.0.${i}.1` }, timeout: 2000 };
      const client = await listen(balancer, i % 2 ? owner : guest, options);
      const { token } = i % 2 ? owner : guest;
      const start = client.of('ready')[0].eventId;
      // Socket.IO's own recovery is one instance's; the log's is everybody's.
      client.socket.auth = (give) => give({ token, lastEventId: client.of('newMessage').at(-1)?.eventId ?? start });
      client.texts = () => client.of('newMessage').map((one) => one.text);
      clients.push(client);
    }
    const shares = await share();

    const acknowledged = [];
    let isOver = false;
    const lives = clients.map(async (client, i) => {
      for (let number = 0; !isOver; ++number) {
        const text = `c${i}-${number}`;
        // Until there is an answer; the clientId makes the repeats one message.
        for (let answer; !answer?.ok; ) {
          answer = await client.socket.timeout(1000).emitWithAck('sendMessage', { conversationId: channel, text, clientId: text }).catch(() => null);
          if (!answer?.ok) await pause(answer?.error?.retryAfterMs ?? 50);
        }
        acknowledged.push(text);
        await pause(60);
      }
    });
    await pause(1500);
    let lost = 0;
    for (const client of clients) client.socket.once('disconnect', () => ++lost);
    const killed = Date.now();
    await second.stop('SIGKILL');
    await eventually(async () => (await metric(first, 'parley_gateway_sockets')) === clients.length && clients.every((one) => one.socket.connected), 'all are back', 25_000);
    console.log(`${shares[1]} of ${clients.length} clients were on the killed instance; all back after ${Date.now() - killed} ms`);
    expect(lost).toBe(shares[1]);
    await pause(1000);
    isOver = true;
    await Promise.all(lives);

    const truth = (await stored()).slice(before);
    expect(new Set(truth).size, 'nothing is stored twice').toBe(truth.length);
    expect([...truth].sort()).toEqual([...acknowledged].sort());
    for (const [i, client] of clients.entries()) {
      await eventually(() => client.texts().length >= truth.length, `client ${i} has been told all`).catch(() => {});
      expect(client.texts(), `client ${i}`).toEqual(truth);
    }
    second = await startInstance(second.port, second.data);
  });

  it('SCL-4: keep order and drain the outbox while Redis is away, and speak to each other again when it is back', { timeout: 60_000 }, async () => {
    const [writer, reader] = [await listen(first, owner), await listen(second, guest)];
    const reconnects = await metric(first, 'parley_bus_reconnects_total');
    const texts = [];
    const say = async (count) => {
      for (let i = 0; i < count; ++i) {
        texts.push(`növbə ${texts.length}`);
        expect((await writer.send(channel, texts.at(-1))).ok).toBe(true);
      }
    };
    const isTold = () => eventually(() => reader.of('newMessage').length >= texts.length, 'all is told');
    await say(5);
    await redis.stop();
    await eventually(async () => (await metric(first, 'parley_bus_up')) === 0, 'the loss is noticed');
    await say(10);
    await isTold();
    await eventually(() => pending() === 0, 'the outbox is empty');
    await redis.start();
    await say(10);
    for (const one of [first, second]) await eventually(async () => (await metric(one, 'parley_bus_up')) === 1, 'the bus is back');
    await say(5);
    await isTold();
    expect(reader.of('newMessage').map((one) => one.text)).toEqual(texts);
    expect(await metric(first, 'parley_bus_reconnects_total')).toBe(reconnects + 1);

    await writer.ask('typing', { conversationId: channel });
    await reader.next('userTyping', (one) => one.userId === owner.id);
    await writer.ask('setPresence', { state: 'dnd' });
    await reader.next('presence', (one) => one.userId === owner.id && one.state === 'dnd');
  });
});
