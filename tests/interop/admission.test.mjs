// Who gets in, and what everyone else is told: reference/livekit-protocol.md 1.5, 1.6, over real sockets.
import { connect } from 'node:net';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import WebSocket from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Server } from './server.mjs';
import { closed, eventually, openSignal, token } from './support.mjs';

let server;
beforeAll(async () => {
  server = await Server.start(['--limit-max-participants', '6']);
});
afterAll(() => server?.stop());

const forged = async (change) => {
  const [head, body, signature] = (await token('ada', 'r')).split('.');
  const parts = { head: JSON.parse(Buffer.from(head, 'base64url')), body: JSON.parse(Buffer.from(body, 'base64url')), signature };
  change(parts);
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode(parts.head)}.${encode(parts.body)}.${parts.signature}`;
};

describe('a token', () => {
  const refused = [
    ['missing', async () => undefined, 401],
    ['that is no token', async () => 'garbage', 401],
    ['expired', () => token('ada', 'r', {}, { ttl: -3600 }), 401],
    ['not valid yet', () => forged((p) => (p.body.nbf = Math.floor(Date.now() / 1000) + 3600)), 401],
    ['signed with another secret', () => token('ada', 'r', {}, { secret: 'wrong' }), 401],
    ['of an unknown key', () => token('ada', 'r', {}, { key: 'nobody' }), 401],
    ['with a changed identity', () => forged((p) => (p.body.sub = 'bora')), 401],
    ['with the algorithm none', () => forged((p) => { p.head.alg = 'none'; p.signature = ''; }), 401],
    ['without roomJoin', () => token('ada', 'r', { roomJoin: false }), 401],
    ['without a room', () => token('ada', '', {}), 400],
    ['with an identity of 257 bytes', () => token('a'.repeat(257), 'r'), 400],
    ['with metadata above 512 KiB', () => token('ada', 'r', {}, { claims: { metadata: 'm'.repeat(513 * 1024) } }), [400, 414, 431]],
  ];
  it.each(refused)('%s is refused', async (_, make, status) => {
    const jwt = await make();
    const answer = await openSignal(server, jwt === undefined ? {} : { access_token: jwt });
    expect([status].flat()).toContain(answer.status);
  });

  it('is checked by /validate with the same words, readable from any page', async () => {
    const ask = async (path, jwt) => {
      const response = await fetch(`${server.http}${path}?access_token=${jwt}`);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      return [response.status, await response.text()];
    };
    expect(await ask('/rtc/validate', await token('ada', 'r'))).toEqual([200, 'success']);
    expect((await ask('/rtc/validate', 'x'))[0]).toBe(401);
    expect((await ask('/rtc/v1/validate', await token('ada', 'r')))[0]).toBe(400);
  });

  it('lets its owner in, whatever prefix and slashes stand before the path', async () => {
    for (const path of ['/rtc', '//rtc', '/behind/a/proxy/rtc']) {
      const answer = await openSignal(server, { access_token: await token('ada', 'paths'), protocol: 16 }, path);
      expect(answer.first?.length).toBeGreaterThan(100);
      answer.socket.terminate();
    }
  });
});

describe('the signal connection', () => {
  const join = async (identity, room, options = {}) => {
    const { socket, first } = await openSignal(server, { access_token: await token(identity, room), protocol: 16, ...options });
    return { socket, first };
  };

  it('takes a URL of 16 KiB', async () => {
    const { socket, first } = await join('long', 'urls', { device_model: 'x'.repeat(15_000) });
    expect(first.length).toBeGreaterThan(100);
    socket.terminate();
  });

  it('answers JSON in JSON', async () => {
    const { socket } = await join('json', 'texts');
    const answer = new Promise((resolve) => {
      socket.on('message', (frame, isBinary) => {
        const message = isBinary ? {} : JSON.parse(frame);
        if (message.pongResp) resolve(message.pongResp);
      });
    });
    socket.send(JSON.stringify({ pingReq: { timestamp: '1234' } }));
    expect(await answer).toMatchObject({ lastPingTimestamp: '1234' });
    socket.terminate();
  });

  it('closes on a frame that is no request', async () => {
    const { socket } = await join('noise', 'garbage');
    socket.send(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect(await closed(socket)).toBe(1007);
  });

  it('closes on a message above 2 MiB', async () => {
    const { socket } = await join('large', 'garbage');
    socket.send(Buffer.alloc(2 * 1024 * 1024 + 1));
    expect(await closed(socket)).toBe(1009);
  });

  it('ends a session whose offer has 10,000 m-lines, and others notice nothing', async () => {
    const other = await join('other', 'bombs');
    const { socket } = await join('bomber', 'bombs');
    const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n${'m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n'.repeat(10_000)}`;
    socket.send(JSON.stringify({ offer: { type: 'offer', sdp } }));
    expect(await closed(socket)).toBe(1000);
    expect(other.socket.readyState).toBe(WebSocket.OPEN);
    other.socket.terminate();
  });

  it('survives a flood of candidates', async () => {
    const { socket } = await join('flood', 'candidates');
    const candidate = JSON.stringify({ candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 });
    for (let i = 0; i < 5000; i++) socket.send(JSON.stringify({ trickle: { candidateInit: candidate } }));
    const answer = new Promise((resolve) => socket.on('message', (frame, isBinary) => !isBinary && String(frame).includes('pong') && resolve(true)));
    socket.send(JSON.stringify({ pingReq: { timestamp: '1' } }));
    expect(await answer).toBe(true);
    socket.terminate();
  });

  it('refuses a join_request that inflates beyond its limit', async () => {
    const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));
    const wrapped = Buffer.concat([Buffer.from([0x08, 0x01, 0x12]), varint(bomb.length), bomb]);
    const answer = await openSignal(server, { access_token: await token('zip', 'bombs'), join_request: wrapped.toString('base64url') }, '/rtc/v1');
    expect(answer.status).toBe(400);
  });

  it('answers 503 when the node is full', async () => {
    const open = [];
    for (let i = 0; i < 6; i++) open.push(await join(`p${i}`, 'full'));
    const full = await eventually(async () => {
      const answer = await openSignal(server, { access_token: await token('late', 'full'), protocol: 16 });
      answer.socket?.terminate();
      return answer.status === 503 && answer;
    }, '503');
    expect(full.text).toContain('limit');
    for (const { socket } of open) socket.terminate();
  });
});

describe('the HTTP port', () => {
  it('serves others while 10,000 connections stay half open', async () => {
    const sockets = Array.from({ length: 10_000 }, () => connect(server.port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.write('GET /rtc?access_token=');
    }
    expect((await fetch(`${server.http}/healthz`)).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  it('answers preflights of any page', async () => {
    const response = await fetch(`${server.http}/twirp/livekit.RoomService/ListRooms`, { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-max-age')).toBe('86400');
  });
});

function varint(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}
