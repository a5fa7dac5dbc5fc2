// What the tests of this folder share: tokens, plain WebSockets, and participants made of rtc-node.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { AccessToken } from 'livekit-server-sdk';
import WebSocket from 'ws';

export const key = 'devkey';
export const secret = 'secret';

/** A token as an application's back end makes it. */
export function token(identity, room, grant = {}, options = {}) {
  const made = new AccessToken(options.key ?? key, options.secret ?? secret, { identity, ttl: options.ttl ?? '1h', ...options.claims });
  if (room !== null) made.addGrant({ roomJoin: true, room, ...grant });
  return made.toJwt();
}

/** Tries the signal path: {status, text} when refused, {socket, first} when accepted; `first` is its first frame. */
export async function openSignal(server, query, path = '/rtc') {
  const socket = new WebSocket(`${server.url}${path}?${new URLSearchParams(query)}`);
  const refused = once(socket, 'unexpected-response').then(async ([, response]) => {
    let text = '';
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode, text };
  });
  const accepted = once(socket, 'message').then(([frame]) => ({ socket, first: frame }));
  socket.on('error', () => {});
  return Promise.race([refused, accepted]);
}

/** Resolves with the close code of a WebSocket. */
export function closed(socket) {
  return once(socket, 'close').then(([code]) => code);
}

/** Waits until `check()` gives a value that is neither null, undefined nor false; fails after `timeout` ms. */
export async function eventually(check, what, timeout = 15_000) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A port that nobody listens on now: for servers that must know each other's address before they start. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
