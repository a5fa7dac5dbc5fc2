// What a thousand joins leave behind in the real server.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Server, binary } from './server.mjs';

const run = promisify(execFile);
const participants = 100;

/** A room of 100 that talk for a second and leave. */
async function call(server, number) {
  const result = join(server.data, `call-${number}.json`);
  await run(binary, ['load-test', '--url', server.url, '--room', `call-${number}`, '--video-publishers', '2', '--audio-publishers', '2',
    '--subscribers', String(participants - 2), '--num-per-second', '100', '--duration', '1s', '--json', result]);
  const report = JSON.parse(readFileSync(result, 'utf8'));
  expect(report.joined).toBe(participants);
}

/** Bytes allocated and not freed, once the last room is gone. */
async function heap(server) {
  for (;;) {
    const metrics = await (await fetch(`${server.http}/metrics`)).text();
    const value = (name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(metrics)[1]);
    if (value('parley_rooms') === 0 && value('parley_peers') === 0) return value('parley_heap_bytes');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Kilobytes resident. The heap keeps the pages of its worst moment, so this settles later and less exactly. */
const resident = (server) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]);

describe('memory', () => {
  it('is after a thousand joins and leaves what it was before, within two per cent', { timeout: 180_000 }, async () => {
    // What threads keep in caches of their own counts as in use: without them the figure is exact.
    const server = await Server.start(['--room-departure-timeout', '1'], { env: { GLIBC_TUNABLES: 'glibc.malloc.tcache_count=0' } });
    // Pools reach their size in the first calls.
    for (let i = 0; i < 10; i++) await call(server, `warm-${i}`);
    const before = { heap: await heap(server), resident: resident(server) };
    for (let i = 0; i < 10; i++) await call(server, i);
    const after = { heap: await heap(server), resident: resident(server) };
    await server.stop();
    console.log(`memory before ${JSON.stringify(before)}, after 1,000 joins ${JSON.stringify(after)}`);
    expect(after.heap).toBeLessThan(before.heap * 1.02);
    expect(after.resident).toBeLessThan(before.resident * 1.5);
  });
});
