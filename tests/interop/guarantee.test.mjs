// The promise of product.md 3.3, checked against a model: clients that send, edit, delete, react, lose their connection,
// come back on every layer of resuming, and a server that is killed under them. In the end every client's view is the
// stored conversation; each message was told to it exactly once, and in order.
//
// PARLEY_SEED replays a run; PARLEY_GUARANTEE_SECONDS makes it longer.
import { randomInt } from 'node:crypto';
import { io } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { Person } from './person.mjs';
import { Postgres } from './postgres.mjs';
import { Redis } from './redis.mjs';
import { Server } from './server.mjs';
import { eventually, freePort } from './support.mjs';

const seconds = Number(process.env.PARLEY_GUARANTEE_SECONDS ?? 20);
const clientCount = 12;

/** Numbers from a seed (mulberry32), so that a run can be told again. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One client and what it believes. Every broken promise is a line in `faults`. */
class Client {
  view = new Map(); // seq -> message
  faults = [];
  mine = [];
  lastSeq = 0;
  lastEventId;
  layers = { recovered: 0, resumed: 0, resynced: 0 };

  constructor(name, person, url, channel) {
    Object.assign(this, { name, person, url, channel });
  }
  open() {
    const auth = (give) => give({ token: this.person.token, ...(this.lastEventId && { lastEventId: this.lastEventId }) });
    const options = { auth, forceNew: true, reconnectionDelay: 30, reconnectionDelayMax: 150, timeout: 3000 };
    const socket = io(this.url, { ...options, transports: this.transports });
    this.socket = socket;
    const on = (name, act) => socket.on(name, (argument) => socket === this.socket && this.hear(argument, act));
    on('newMessage', (message) => this.add(message));
    on('messageUpdated', (message) => this.replace(message));
    on('messageDeleted', (message) => this.replace(message));
    on('ready', (ready) => {
      this.lastEventId ??= ready.eventId;
      if (socket.recovered) ++this.layers.recovered;
    });
    on('resumed', () => ++this.layers.resumed);
    on('resync', () => {
      ++this.layers.resynced;
      this.faults.push('was sent to the sync');
    });
  }
  hear(argument, act) {
    act(argument);
    if (argument.eventId) this.lastEventId = argument.eventId;
  }
  add(message) {
    if (this.view.has(message.seq)) this.faults.push(`told twice: ${message.seq}`);
    if (message.seq !== this.lastSeq + 1) this.faults.push(`${message.seq} after ${this.lastSeq}`);
    this.lastSeq = message.seq;
    this.view.set(message.seq, message);
  }
  replace(message) {
    const known = this.view.get(message.seq);
    if (!known) this.faults.push(`changed before it was told: ${message.seq}`);
    else if (message.version <= known.version && message.change <= known.change) this.faults.push(`old change of ${message.seq}`);
    else this.view.set(message.seq, message);
  }
  /** Until there is an answer; nothing is taken for granted without one. */
  async ask(name, argument) {
    for (;;) {
      const answer = await this.socket.timeout(2000).emitWithAck(name, argument).catch(() => null);
      if (answer?.ok) return answer;
      const code = answer?.error?.code;
      if (code && !['rate_limited', 'database_unavailable', 'deadline_exceeded', 'overloaded'].includes(code)) return answer;
      await new Promise((resolve) => setTimeout(resolve, answer?.error?.retryAfterMs ?? 50));
    }
  }
  async send(text) {
    const answer = await this.ask('sendMessage', { conversationId: this.channel, text, clientId: text });
    if (!answer.ok) return this.faults.push(`not sent: ${answer.error.code}`);
    this.mine.push(answer.id);
  }
  cut() {
    this.socket.io.engine?.close();
  }
  /** Forgets everything but what it has seen, as a page that is opened again. */
  restart() {
    this.socket.disconnect();
    this.open();
  }
}

async function act(client, dice, number) {
  const throwDice = dice();
  const own = client.mine[Math.floor(dice() * client.mine.length)];
  if (throwDice < 0.6 || !own) await client.send(`${client.name}-${number}`);
  else if (throwDice < 0.7) await client.ask('editMessage', { messageId: own, text: `${client.name}-${number} yenə` });
  else if (throwDice < 0.76) await client.ask('deleteMessage', { messageId: own });
  else if (throwDice < 0.86) await client.ask('react', { messageId: own, emoji: '👍' });
  else if (throwDice < 0.93) client.cut();
  else client.restart();
}

async function stored(person, channel) {
  const all = [];
  for (let after = 0; ; ) {
    const page = await person.do('GET', `/conversations/${channel}/messages?after=${after}&limit=100`);
    all.push(...page.items);
    if (!page.next) return all;
    after = page.next;
  }
}

const profiles = [
  ['SQLite', {}],
  ['PostgreSQL', { startDatabase: () => new Postgres().start() }],
  ['PostgreSQL with two instances and Redis', { startDatabase: () => new Postgres().start(), startRedis: () => Redis.start() }],
];

let running = [];
afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

describe.each(profiles)('the guarantee on %s', (_, { startDatabase, startRedis }) => {
  it(`holds for ${clientCount} clients over ${seconds} s with the server killed under them`, { timeout: (seconds + 100) * 1000 }, async () => {
    const seed = Number(process.env.PARLEY_SEED ?? randomInt(2 ** 31));
    console.log(`PARLEY_SEED=${seed}`);
    const dice = random(seed);
    const database = await startDatabase?.();
    running.push(() => database?.remove());
    const env = database ? { DATABASE_URL: database.url } : {};
    const redis = await startRedis?.();
    if (redis) {
      const livekit = await Server.start();
      running.push(() => redis.stop(), () => livekit.stop());
      Object.assign(env, { REDIS_URL: redis.url, LIVEKIT_URL: livekit.url, LIVEKIT_API_KEY: 'devkey', LIVEKIT_API_SECRET: 'secret' });
    }
    const servers = [];
    for (let i = 0; i < (redis ? 2 : 1); ++i) servers.push(await Server.start([], { port: await freePort(), env }));
    running.push(() => Promise.all(servers.map((server) => server.stop())));
    const server = servers[0];
    const owner = await Person.register(server, 'sahib');
    const community = (await owner.do('POST', '/communities', { name: 'Zəmanət' })).id;
    const channel = (await owner.do('POST', `/communities/${community}/channels`, { name: 'söz', kind: 'text' })).id;
    const invite = await owner.do('POST', `/communities/${community}/invites`, {});
    const clients = [];
    for (let i = 0; i < clientCount; ++i) {
      const person = await Person.register(server, `kimsə${i}`);
      await person.do('POST', `/invites/${invite.code}/accept`);
      const client = new Client(`c${i}`, person, servers[i % servers.length].http, channel);
      client.transports = [['polling', 'websocket'], ['websocket'], ['polling']][i % 3];
      client.open();
      clients.push(client);
      running.push(() => client.socket.disconnect());
    }
    await eventually(() => clients.every((client) => client.lastEventId), 'all are connected');

    const end = Date.now() + seconds * 1000;
    const lives = clients.map(async (client) => {
      for (let number = 0; Date.now() < end; ++number) {
        await act(client, dice, number);
        await new Promise((resolve) => setTimeout(resolve, dice() * 150));
      }
    });
    let kills = 0;
    let crashes = 0;
    while (Date.now() < end - 3000) {
      await new Promise((resolve) => setTimeout(resolve, 2500 + dice() * 2500));
      if (kills > 0 && database && dice() < 0.4) {
        await database.stop('SIGQUIT');
        await database.start();
        ++crashes;
        continue;
      }
      if (kills > 0 && redis && dice() < 0.3) {
        await redis.stop();
        await new Promise((resolve) => setTimeout(resolve, dice() * 1000));
        await redis.start();
        continue;
      }
      const one = Math.floor(dice() * servers.length);
      await servers[one].stop('SIGKILL');
      ++kills;
      servers[one] = await Server.start([], { port: servers[one].port, data: servers[one].data, env });
    }
    await Promise.all(lives);

    const truth = await stored(owner, channel);
    const last = truth.at(-1);
    expect(truth.map((message) => message.seq)).toEqual(truth.map((_message, i) => i + 1));
    const seen = (message) => ({ seq: message.seq, id: message.id, text: message.text, version: message.version, deleted: Boolean(message.deletedAt) });
    const agrees = (client) => client.lastSeq === last.seq && truth.every((message) => client.view.get(message.seq)?.version === message.version);
    for (const client of clients) await eventually(() => agrees(client), `${client.name} has seen all (seed ${seed})`, 20_000).catch(() => {});
    for (const client of clients) {
      expect(client.faults, `${client.name}, seed ${seed}`).toEqual([]);
      expect([...client.view.values()].map(seen), `${client.name}, seed ${seed}`).toEqual(truth.map(seen));
    }
    // What was acknowledged is there, and nothing is there twice.
    const ids = new Set(truth.map((message) => message.id));
    for (const client of clients) for (const id of client.mine) expect(ids.has(id), `${id} of ${client.name}`).toBe(true);
    expect(new Set(truth.map((message) => message.clientId)).size).toBe(truth.length);
    const sum = (key) => clients.reduce((total, client) => total + client.layers[key], 0);
    console.log(`${truth.length} messages, ${kills} kills, ${crashes} crashes of the database, ${sum('recovered')} recovered, ${sum('resumed')} resumed`);
    expect(kills).toBeGreaterThan(0);
    expect(sum('recovered')).toBeGreaterThan(0);
    expect(sum('resumed')).toBeGreaterThan(0);
  });
});
