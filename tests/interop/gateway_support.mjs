// Servers with the gateway's conformance profiles, and raw requests and frames to them.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Server } from './server.mjs';

export const profiles = ['socket.io', 'socket.io-client', 'engine.io', 'engine.io-client'];
export const servers = {};

export async function startServers() {
  for (const profile of profiles) {
    servers[profile] = await Server.start(['--conformance', profile], { logName: `gateway-${profile}` });
  }
}
export const stopServers = () => Promise.all(Object.values(servers).map((server) => server.stop()));

export const address = (profile, query) => `${servers[profile].http}/${profile.startsWith('engine') ? 'engine' : 'socket'}.io/?EIO=4&${query}`;
export const poll = (profile, sid, options) => fetch(address(profile, `transport=polling&sid=${sid}`), options);
export const post = (profile, sid, body) => poll(profile, sid, { method: 'POST', body });

export async function open(profile) {
  const response = await fetch(address(profile, 'transport=polling'));
  const text = await response.text();
  return { response, handshake: JSON.parse(text.slice(1)), type: text[0] };
}

/** A WebSocket whose messages wait until they are asked for. */
export class Raw {
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
