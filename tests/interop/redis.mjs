// A Redis of a test's own on a free port, which keeps nothing.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { eventually, freePort } from './support.mjs';

export class Redis {
  static async start() {
    const redis = new Redis();
    redis.port = await freePort();
    return redis.start();
  }
  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }
  async start() {
    const options = ['--port', this.port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir()];
    // It dies with this process, however that ends.
    this.child = spawn('setpriv', ['--pdeathsig', 'KILL', 'redis-server', ...options].map(String), { stdio: 'ignore' });
    await eventually(() => spawnSync('redis-cli', ['-p', String(this.port), 'ping'], { encoding: 'utf8' }).stdout === 'PONG\n', 'Redis answers');
    return this;
  }
  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
