// A real livekit-server as a peer: only where PARLEY_LIVEKIT_SERVER names its program, which is no part of this tree.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { eventually, freePort } from './support.mjs';

export const program = process.env.PARLEY_LIVEKIT_SERVER;
export const key = 'interop';
export const secret = 'a secret that is longer than thirty-two characters';

/** Like Server, as far as tests of the product need it. */
export class LivekitServer {
  static async start(webhookUrl, ports) {
    const [port, tcp, udp] = ports ?? [await freePort(), await freePort(), await freePort()];
    const config = {
      port,
      bind_addresses: ['127.0.0.1'],
      rtc: { tcp_port: tcp, udp_port: udp, node_ip: '127.0.0.1', enable_loopback_candidate: true },
      keys: { [key]: secret },
      ...(webhookUrl && { webhook: { api_key: key, urls: [webhookUrl] } }),
    };
    const log = process.env.PARLEY_TEST_LOGS ? openSync(`${process.env.PARLEY_TEST_LOGS}/livekit-server.log`, 'a') : 'ignore';
    // JSON is YAML.
    const child = spawn(program, ['--config-body', JSON.stringify(config)], { stdio: ['ignore', log, log] });
    const server = new LivekitServer(child, [port, tcp, udp]);
    await eventually(() => fetch(server.http).then((answer) => answer.ok, () => false), 'livekit-server answers');
    return server;
  }

  constructor(child, ports) {
    this.child = child;
    this.ports = ports;
    this.http = `http://127.0.0.1:${ports[0]}`;
    this.url = `ws://127.0.0.1:${ports[0]}`;
  }

  async stop(signal = 'SIGKILL') {
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
}
