// The rules of Engine.IO, by raw requests and frames.
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Raw, open, poll, post, servers, startServers, stopServers } from './gateway_support.mjs';

beforeAll(startServers);
afterAll(stopServers);

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
    const { handshake } = await open('socket.io-client');
    const answers = await Promise.all([poll('socket.io-client', handshake.sid), poll('socket.io-client', handshake.sid)]);
    const [taken, refused] = answers.sort((a, b) => a.status - b.status);
    expect([taken.status, refused.status]).toEqual([200, 400]);
    expect(await taken.text()).toBe('1');
    expect((await poll('socket.io-client', handshake.sid)).status).toBe(400);
  });

  test('ends a session whose poll is given up', async () => {
    const { handshake } = await open('socket.io-client');
    const controller = new AbortController();
    const given = poll('socket.io-client', handshake.sid, { signal: controller.signal }).catch((error) => error.name);
    expect((await post('socket.io-client', handshake.sid, '3')).status).toBe(200);
    controller.abort();
    expect(await given).toBe('AbortError');
    await expect.poll(async () => (await post('socket.io-client', handshake.sid, '3')).status, { timeout: 10_000 }).toBe(400);
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
