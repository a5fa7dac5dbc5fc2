// nginx before several instances, as docs/instances.md has it; with the addresses that the clients of a test claim.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort } from './support.mjs';

/** The block of the docs, with other ports. */
function documented(ports, port) {
  const page = readFileSync(new URL('../../docs/instances.md', import.meta.url), 'utf8');
  const [, config] = /```nginx\n([\s\S]*?)```/.exec(page);
  const servers = ports.map((one) => `  server 127.0.0.1:${one} max_fails=1 fail_timeout=2s;\n`);
  return config.replace(/( {2}server \S+ max_fails.*\n)+/, servers.join('')).replace(/listen 443 ssl;[\s\S]*?\n\n/, `listen 127.0.0.1:${port};\n`);
}

export class Balancer {
  static async start(ports) {
    const balancer = new Balancer();
    balancer.folder = mkdtempSync(join(tmpdir(), 'parley-nginx-'));
    const port = await freePort();
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${balancer.folder}/${name};`);
    const claimed = 'set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;';
    const config = join(balancer.folder, 'nginx.conf');
    const around = `daemon off; worker_processes 1; pid ${balancer.folder}/pid; error_log ${balancer.folder}/log; events {}\n`;
    writeFileSync(config, `${around}http { access_log off; ${paths.join(' ')} ${claimed}\n${documented(ports, port)}}\n`);
    balancer.child = spawn('setpriv', ['--pdeathsig', 'TERM', '/usr/sbin/nginx', '-c', config, '-e', join(balancer.folder, 'log')], { stdio: 'ignore' });
    balancer.http = `http://127.0.0.1:${port}`;
    await eventually(() => fetch(`${balancer.http}/healthz`).then((answer) => answer.ok, () => false), 'nginx answers');
    return balancer;
  }
  async stop() {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
