// Starts the server under test on free ports, for one test run, and ends it with the run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const binary = process.env.PARLEY_BINARY ?? join(root, 'build/release/parley');

/** A running server; `url` is ws://, `http` http://. */
export class Server {
  static async start(flags = [], { port = 0, dev = true, logName = 'server', env = {}, data = mkdtempSync(join(tmpdir(), 'parley-')) } = {}) {
    const log = process.env.PARLEY_TEST_LOGS ? openSync(join(process.env.PARLEY_TEST_LOGS, `${logName}.log`), 'a') : 'ignore';
    const child = spawn(
      binary,
      ['serve', ...(dev ? ['--dev'] : []), '--exit-with-stdin', '--port', String(port), '--rtc-udp-port', '0', '--rtc-tcp-port', '0', '--data', data, ...flags],
      { stdio: ['pipe', 'pipe', log], env: { ...process.env, ...env } },
    );
    const listening = new Promise((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
        const match = /^listening (\d+)$/m.exec(text);
        if (match) resolve(Number(match[1]));
      });
      child.once('exit', (code, signal) => reject(new Error(`the server ended at start: ${code ?? signal}`)));
    });
    return new Server(child, await listening, data);
  }

  constructor(child, port, data) {
    this.child = child;
    this.port = port;
    this.data = data;
    this.http = `http://127.0.0.1:${port}`;
    this.url = `ws://127.0.0.1:${port}`;
  }

  /** Ends it with a signal and waits; resolves to its exit code, or the signal that killed it. SIGKILL leaves its data. */
  async stop(signal = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill(signal);
      await ended;
    }
    if (signal !== 'SIGKILL') rmSync(this.data, { recursive: true, force: true });
    return this.child.exitCode ?? this.child.signalCode;
  }
}
