// The gateway seen by the stock client, and what it does with packets that no such client sends.
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Raw, servers, startServers, stopServers } from './gateway_support.mjs';
import { Server } from './server.mjs';

const clients = [];
beforeAll(startServers);
afterAll(stopServers);
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
