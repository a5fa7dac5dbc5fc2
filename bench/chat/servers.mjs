// The servers under measurement, and what they use.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { several } from './crowd.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const binary = process.env.PARLEY_BINARY ?? join(root, 'build/release/parley');

export class Process {
  static async start(command, args, data) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    const port = await new Promise((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
        const match = /^listening (\d+)$/m.exec(text);
        if (match) resolve(Number(match[1]));
      });
      child.once('exit', () => reject(new Error(`${command} ended at start`)));
    });
    return new Process(child, port, data);
  }
  constructor(child, port, data) {
    Object.assign(this, { child, port, data });
  }
  /** Seconds of CPU since its start. */
  cpu() {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }
  /** Kilobytes resident. */
  resident() {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))[1]);
  }
  async stop() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin.end();
    await ended;
    if (this.data) rmSync(this.data, { recursive: true, force: true });
  }
}

export const startNode = () => Process.start(process.execPath, [fileURLToPath(new URL('node_server.mjs', import.meta.url))]);

/** Parley with SQLite and so many accounts, all in one community with one channel. */
export class Parley {
  static async start(people) {
    const data = mkdtempSync(join(tmpdir(), 'parley-bench-'));
    const process = await Process.start(binary, ['serve', '--dev', '--exit-with-stdin', '--port', '0', '--rtc-udp-port', '0', '--rtc-tcp-port', '0',
      '--data', data, '--logging-level', 'error', '--trusted-proxies', '127.0.0.0/8'], data);
    const parley = new Parley(process);
    // An address each: one that registers a thousand accounts would be slowed down.
    parley.people = await several(people, 8, async (i) => {
      const { tokens } = await parley.ask(null, 'POST', '/auth/register', { username: `p${i}`, password: 'a long pass phrase' }, `10.1.${i >> 8}.${i & 255}`);
      return { id: tokens.userId, token: tokens.accessToken };
    });
    const [owner] = parley.people;
    const community = await parley.ask(owner, 'POST', '/communities', { name: 'bench' });
    parley.channel = (await parley.ask(owner, 'POST', `/communities/${community.id}/channels`, { name: 'lobby', kind: 'text' })).id;
    const { code } = await parley.ask(owner, 'POST', `/communities/${community.id}/invites`, {});
    await several(people - 1, 8, (i) => parley.ask(parley.people[i + 1], 'POST', `/invites/${code}/accept`));
    return parley;
  }
  constructor(process) {
    this.process = process;
  }
  async ask(person, method, path, body, address = '127.0.0.1') {
    const headers = { 'x-forwarded-for': address };
    if (person) headers.authorization = `Bearer ${person.token}`;
    if (body) headers['content-type'] = 'application/json';
    const answer = await fetch(`http://127.0.0.1:${this.process.port}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }
  /** Conversations of five, so that everybody is in one. */
  groups() {
    const { people } = this;
    return several(Math.floor(people.length / 5), 8, (i) =>
      this.ask(people[5 * i], 'POST', '/group-conversations', { name: 'g', userIds: people.slice(5 * i + 1, 5 * i + 5).map((one) => one.id) }).then((made) => made.id));
  }
}
