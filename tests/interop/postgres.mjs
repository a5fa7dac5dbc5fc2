// A PostgreSQL server of a test's own: a fresh cluster in a temporary folder, reached by a unix socket only.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from './support.mjs';

/** Whom it runs as when the tests run as root, which PostgreSQL refuses. */
function account() {
  if (process.getuid() !== 0) return null;
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((one) => one.startsWith('postgres:'));
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

export class Postgres {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'parley-pg-'));
    this.bin = execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim();
    this.account = account();
    if (this.account) chownSync(this.folder, this.account.uid, this.account.gid);
    const made = spawnSync(join(this.bin, 'initdb'), ['-D', join(this.folder, 'data'), '-U', 'parley', '-A', 'trust', '-E', 'UTF8', '--no-sync'], { ...this.account, encoding: 'utf8' });
    expect(made.status, made.stderr).toBe(0);
  }
  get url() {
    return `postgresql://parley@/postgres?host=${this.folder}&port=5432`;
  }
  async start() {
    const user = this.account ? ['--reuid', this.account.uid, '--regid', this.account.gid, '--clear-groups'] : [];
    const options = ['-c', 'listen_addresses=', '-c', `unix_socket_directories=${this.folder}`, '-c', 'max_connections=200'];
    // It dies with this process, however that ends.
    this.child = spawn('setpriv', [...user, '--pdeathsig', 'TERM', join(this.bin, 'postgres'), '-D', join(this.folder, 'data'), ...options].map(String), { stdio: 'ignore' });
    const isReady = () => spawnSync(join(this.bin, 'pg_isready'), ['-h', this.folder, '-p', '5432']).status === 0;
    await eventually(isReady, 'PostgreSQL takes connections', 30_000);
    return this;
  }
  /** SIGINT breaks all connections and loses nothing that was acknowledged; SIGQUIT is a crash. */
  async stop(signal = 'SIGINT') {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
  async remove() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
