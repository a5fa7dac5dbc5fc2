// Clients as thin as they can be: what they cost is not what is measured. They speak Socket.IO over a plain WebSocket.
import { WebSocket } from 'ws';

/** As a browser sends them: a server may keep them for each socket. */
const headers = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  Pragma: 'no-cache',
  'Cache-Control': 'no-cache',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'tr-TR,tr;q=0.9,az;q=0.8,en-US;q=0.7,en;q=0.6',
};

export class Client {
  /** Resolves once it was told `ready`. */
  static open(port, auth, onMessage) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false, headers: { ...headers, Origin: `http://127.0.0.1:${port}` } });
      const client = new Client(socket);
      socket.on('message', (data) => {
        // Only its beginning is looked at: what is inside is the same for all.
        const kind = data[0] === 0x34 && data[1] === 0x32 ? data.toString('latin1', 2, 20) : data.toString();
        if (kind.startsWith('["newMessage"')) return onMessage(data);
        if (kind === '2') socket.send('3');
        else if (kind[0] === '0') socket.send(`40${JSON.stringify(auth)}`);
        else if (kind.startsWith('["ready"')) resolve(client);
        else if (kind.startsWith('44')) reject(new Error(kind));
        else if (kind.startsWith('43')) client.onAck(kind);
      });
      socket.on('error', reject);
    });
  }
  constructor(socket) {
    this.socket = socket;
    this.acks = [];
  }
  /** Resolves to the answer. */
  send(conversationId, text) {
    this.socket.send(`421["sendMessage",${JSON.stringify({ conversationId, text })}]`);
    return new Promise((resolve) => this.acks.push(resolve));
  }
  onAck(packet) {
    this.acks.shift()?.(JSON.parse(packet.slice(packet.indexOf('[')))[0]);
  }
  close() {
    this.socket.terminate();
  }
}

/** `make(i)` for 0 to count - 1, so many at a time. */
export async function several(count, atOnce, make) {
  const out = new Array(count);
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let i = next++; i < count; i = next++) out[i] = await make(i);
  }));
  return out;
}

export function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
