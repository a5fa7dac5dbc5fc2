// The gateway seen by the stock client, and by raw requests and frames where the rules of the transport are the point.
import { once } from 'node:events';
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Server } from './server.mjs';

const servers = {};
const clients = [];
beforeAll(async () => {
  for (const profile of ['socket.io', 'socket.io-client', 'engine.io', 'engine.io-client']) {
    servers[profile] = await Server.start(['--conformance', profile], { logName: `gateway-${profile}` });
  }
});
afterAll(() => Promise.all(Object.values(servers).map((server) => server.stop())));
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function connect(profile, path = '/', options = {}) {
  const client = io(servers[profile].http + path, { forceNew: true, reconnectionDelay: 10, ...options });
  clients.push(client);
  return client;
}
const event = async (emitter, name) => {
  const got = new Promise((resolve) => emitter.once(name, (...values) => resolve(values)));
  return await got;
};

describe('the stock client', () => {
  test('connects by polling, upgrades, and keeps the order of what it sent before', async () => {
    const client = connect('socket.io');
    const received = [];
    client.on('message-back', (n) => received.push(n));
    for (let n = 0; n < 20; n += 1) client.emit('message', n);
    await event(client, 'connect');
    if (client.io.engine.transport.name !== 'websocket') await event(client.io.engine, 'upgrade');
    for (let n = 20; n < 40; n += 1) client.emit('message', n);
    expect(await client.emitWithAck('message-with-ack', 'done')).toBe('done');
    expect(received).toEqual([...Array(40).keys()]);
    expect(client.io.engine.transport.name).toBe('websocket');
  });

  test.each([['polling'], ['websocket']])('carries text, binary and acknowledgements over %s alone', async (transport) => {
    const client = connect('socket.io', '/custom', { transports: [transport], auth: { token: 'sesame' } });
    expect(await event(client, 'auth')).toEqual([{ token: 'sesame' }]);
    const bytes = Buffer.from([0, 1, 254, 255]);
    expect(await client.emitWithAck('message-with-ack', { deep: [bytes, 'ğüşöçıİə'] })).toEqual({ deep: [bytes, 'ğüşöçıİə'] });
    client.emit('message', bytes, { n: null }, bytes);
    expect(await event(client, 'message-back')).toEqual([bytes, { n: null }, bytes]);
  });

  test('carries a message close to the limit', async () => {
    const client = connect('socket.io');
    const text = 'x'.repeat(900_000);
    expect(await client.emitWithAck('message-with-ack', text)).toBe(text);
  });

  test('is told why it may not come in', async () => {
    const refused = connect('socket.io-client', '/no');
    const [error] = await event(refused, 'connect_error');
    expect(error.message).toBe('Auth failed (custom namespace)');
    const [unknown] = await event(connect('socket.io-client', '/nowhere'), 'connect_error');
    expect(unknown.message).toBe('Invalid namespace');
  });

  test('comes back as the same socket after its connection broke', async () => {
    const client = connect('socket.io-client');
    client.emit('hi');
    await event(client, 'hi');
    const { id } = client;
    client.io.engine.close();
    await event(client, 'connect');
    expect(client.recovered).toBe(true);
    expect(client.id).toBe(id);
  });

  test('comes back as another socket after it said goodbye', async () => {
    const client = connect('socket.io-client');
    client.emit('hi');
    await event(client, 'hi');
    const { id } = client;
    client.disconnect().connect();
    await event(client, 'connect');
    expect(client.recovered).toBe(false);
    expect(client.id).not.toBe(id);
  });

  test('comes back when the server was killed and started again', async () => {
    const first = await Server.start(['--conformance', 'socket.io-client']);
    const client = io(first.http, { forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 50 });
    clients.push(client);
    client.emit('hi');
    await event(client, 'hi');
    const disconnected = event(client, 'disconnect');
    await first.stop('SIGKILL');
    await disconnected;
    const connected = event(client, 'connect');
    const second = await Server.start(['--conformance', 'socket.io-client'], { port: first.port, data: first.data });
    await connected;
    expect(client.recovered).toBe(false);
    await second.stop();
  });

  test('is told when the server stops', async () => {
    const server = await Server.start(['--conformance', 'socket.io']);
    const polling = io(server.http, { forceNew: true, reconnection: false, transports: ['polling'] });
    const websocket = io(server.http, { forceNew: true, reconnection: false, transports: ['websocket'] });
    clients.push(polling, websocket);
    await Promise.all([event(polling, 'connect'), event(websocket, 'connect')]);
    const ends = Promise.all([event(polling, 'disconnect'), event(websocket, 'disconnect')]);
    const begun = Date.now();
    expect(await server.stop()).toBe(0);
    await ends;
    expect(Date.now() - begun, 'a poll that waits does not hold up the end').toBeLessThan(4_000);
  });
});

const address = (profile, query) => `${servers[profile].http}/${profile.startsWith('engine') ? 'engine' : 'socket'}.io/?EIO=4&${query}`;
const poll = (profile, sid, options) => fetch(address(profile, `transport=polling&sid=${sid}`), options);
const post = (profile, sid, body) => poll(profile, sid, { method: 'POST', body });

async function open(profile) {
  const response = await fetch(address(profile, 'transport=polling'));
  const text = await response.text();
  return { response, handshake: JSON.parse(text.slice(1)), type: text[0] };
}

/** A WebSocket whose messages wait until they are asked for. */
class Raw {
  constructor(profile, query = '') {
    this.messages = [];
    this.waiting = [];
    this.socket = new WebSocket(address(profile, `transport=websocket${query}`).replace('http', 'ws'));
    this.closed = once(this.socket, 'close').then(([code]) => code);
    this.socket.on('message', (data, isBinary) => {
      const message = isBinary ? data : data.toString();
      if (this.waiting.length > 0) this.waiting.shift()(message);
      else this.messages.push(message);
    });
    this.socket.on('error', () => {});
  }

  next() {
    return this.messages.length > 0 ? Promise.resolve(this.messages.shift()) : new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Waits for one that says so, answering heartbeats on the way. */
  async until(expected) {
    for (;;) {
      const message = await this.next();
      if (message === '2') this.socket.send('3');
      if (message === expected) return;
    }
  }
}

describe('Engine.IO', () => {
  test('shakes hands with exactly five facts', async () => {
    const { handshake, type } = await open('engine.io');
    expect(type).toBe('0');
    expect(handshake).toEqual({ sid: expect.stringMatching(/^[0-9A-Za-z]{20}$/), upgrades: ['websocket'], pingInterval: 300, pingTimeout: 200, maxPayload: 1_000_000 });
    const raw = new Raw('engine.io');
    expect(JSON.parse((await raw.next()).slice(1)).upgrades).toEqual([]);
    raw.socket.close();
  });

  test.each([
    ['GET', 'EIO=3&transport=polling', 400, 5],
    ['GET', 'EIO=4&transport=smoke', 400, 0],
    ['GET', 'EIO=4&transport=polling&sid=abc', 400, 1],
    ['POST', 'EIO=4&transport=polling', 400, 2],
    ['GET', 'EIO=4&transport=websocket', 400, 3],
    ['GET', 'EIO=4&transport=polling&deny=1', 403, 4],
  ])('refuses %s %s with %i and code %i', async (method, query, status, code) => {
    const response = await fetch(`${servers['engine.io-client'].http}/engine.io/?${query}`, { method });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ code, message: expect.any(String) });
  });

  test('sends several packets in one payload, binary as base64', async () => {
    const { handshake } = await open('engine.io');
    expect(await (await post('engine.io', handshake.sid, '4a\x1ebAQID\x1e4ə')).text()).toBe('ok');
    expect(await (await poll('engine.io', handshake.sid)).text()).toBe('4a\x1ebAQID\x1e4ə');
  });

  test('ends both polls when there are two, the first with a close packet', async () => {
    const { handshake } = await open('engine.io-client');
    await poll('engine.io-client', handshake.sid); // What it says first.
    const answers = await Promise.all([poll('engine.io-client', handshake.sid), poll('engine.io-client', handshake.sid)]);
    const [taken, refused] = answers.sort((a, b) => a.status - b.status);
    expect([taken.status, refused.status]).toEqual([200, 400]);
    expect(await taken.text()).toBe('1');
    expect((await poll('engine.io-client', handshake.sid)).status).toBe(400);
  });

  test('ends a session whose poll is given up', async () => {
    const { handshake } = await open('engine.io-client');
    await poll('engine.io-client', handshake.sid);
    const controller = new AbortController();
    const given = poll('engine.io-client', handshake.sid, { signal: controller.signal }).catch((error) => error.name);
    // The heartbeat of 500 ms would answer it, so the poll is surely there for a POST to pass by.
    expect((await post('engine.io-client', handshake.sid, '3')).status).toBe(200);
    controller.abort();
    expect(await given).toBe('AbortError');
    await expect.poll(async () => (await post('engine.io-client', handshake.sid, '3')).status).toBe(400);
  });

  test('frees the poll that waits when the upgrade is probed, and sends what waited over the WebSocket', async () => {
    const { handshake } = await open('engine.io-client');
    expect(await (await poll('engine.io-client', handshake.sid)).text()).toBe('4hi');
    const waiting = poll('engine.io-client', handshake.sid);
    const raw = new Raw('engine.io-client', `&sid=${handshake.sid}`);
    await once(raw.socket, 'open');
    raw.socket.send('2probe');
    expect(await raw.next()).toBe('3probe');
    expect(await (await waiting).text()).toBe('6');
    await post('engine.io-client', handshake.sid, '4before');
    raw.socket.send('5');
    await raw.until('4before');
    raw.socket.send('4after');
    await raw.until('4after');
    expect((await poll('engine.io-client', handshake.sid)).status).toBe(400);
    const second = new Raw('engine.io-client', `&sid=${handshake.sid}`);
    await second.closed;
    raw.socket.send('4still');
    await raw.until('4still');
    raw.socket.close();
  });

  test('stays on polling when the probe says something else', async () => {
    const { handshake } = await open('engine.io-client');
    const raw = new Raw('engine.io-client', `&sid=${handshake.sid}`);
    await once(raw.socket, 'open');
    raw.socket.send('4smuggled');
    expect(await raw.closed).toBe(1000);
    expect(await (await poll('engine.io-client', handshake.sid)).text()).toBe('4hi');
  });

  test.each([['abc'], ['2'], ['9']])('closes a WebSocket that sends %j', async (packet) => {
    const raw = new Raw('engine.io');
    await raw.next();
    raw.socket.send(packet);
    expect(await raw.closed).toBe(1000);
  });

  test('closes a message over the limit with 1009, and a POST with 413', async () => {
    const raw = new Raw('engine.io-client');
    await raw.next();
    raw.socket.send(`4${'x'.repeat(100)}`);
    expect(await raw.closed).toBe(1009);
    const { handshake } = await open('engine.io-client');
    expect((await post('engine.io-client', handshake.sid, `4${'x'.repeat(100)}`)).status).toBe(413);
    expect((await post('engine.io-client', handshake.sid, '3')).status).toBe(400);
  });

  test('closes connections that answer no heartbeat, on both transports', async () => {
    const raw = new Raw('engine.io');
    await raw.next();
    expect(await raw.next()).toBe('2');
    expect(await raw.closed).toBe(1000);
    const { handshake } = await open('engine.io');
    expect(await (await poll('engine.io', handshake.sid)).text()).toBe('2');
    expect(await (await poll('engine.io', handshake.sid)).text()).toBe('1');
  });

  test('gives the cookies of a handshake once', async () => {
    const { response, handshake } = await open('engine.io-client');
    expect(response.headers.getSetCookie()).toHaveLength(4);
    expect((await poll('engine.io-client', handshake.sid)).headers.getSetCookie()).toHaveLength(0);
  });
});

describe('Socket.IO', () => {
  async function connected() {
    const raw = new Raw('socket.io');
    expect(await raw.next()).toMatch(/^0\{/);
    raw.socket.send('40');
    expect(await raw.next()).toMatch(/^40\{"sid":"\w{20}"\}$/);
    expect(await raw.next()).toBe('42["auth",{}]');
    return raw;
  }

  test.each([
    ['an unknown type', '4abc'],
    ['no array', '42{}'],
    ['no event', '42[]'],
    ['a reserved event', '42["connect"]'],
    ['a bad ack id', '42abc["x"]'],
    ['a namespace nobody joined', '42/custom,["x"]'],
    ['a second connect', '40'],
    ['more attachments than allowed', '4511-["x"]'],
    ['a bomb of attachments', '45999999999-["x"]'],
    ['a placeholder for nothing', '451-["x",{"_placeholder":true,"num":1}]'],
    ['nesting without end', `42["x",${'['.repeat(10_000)}`],
    ['a million arguments', `42["x"${',1'.repeat(400_000)}]`],
  ])('closes a client that sends %s', async (_, packet) => {
    const raw = await connected();
    raw.socket.send(packet);
    expect(await raw.closed).toBe(1000);
  });

  test('closes a client that sends binary out of place', async () => {
    const early = await connected();
    early.socket.send(Buffer.from([1]));
    expect(await early.closed).toBe(1000);
    const late = await connected();
    late.socket.send('451-["message",{"_placeholder":true,"num":0}]');
    late.socket.send('42["message"]');
    expect(await late.closed).toBe(1000);
  });

  test('acknowledges with binary', async () => {
    const raw = await connected();
    raw.socket.send('451-7["message-with-ack",{"_placeholder":true,"num":0}]');
    raw.socket.send(Buffer.from([1, 2]));
    await raw.until('461-7[{"_placeholder":true,"num":0}]');
    expect(await raw.next()).toEqual(Buffer.from([1, 2]));
    raw.socket.close();
  });

  test('keeps serving after thousands of broken connections', async () => {
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const raw = new Raw('socket.io');
          await raw.next();
          raw.socket.send(n % 2 === 0 ? '40' : `4${String.fromCharCode(n + 40)}`);
          raw.socket.terminate();
        }),
      );
    }
    const raw = await connected();
    raw.socket.send('42["message","alive"]');
    await raw.until('42["message-back","alive"]');
    raw.socket.close();
  });
});
