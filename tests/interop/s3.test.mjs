// Our blob store against an S3 that others wrote: the same contract as on disk, over s3rver.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { binary } from './server.mjs';

const S3rver = createRequire(import.meta.url)('s3rver');
const build = dirname(binary);
const tests = join(build, 'src/adapters_blob_test');

// Where s3rver itself is no S3 (3.7.1 on a present Node): it promises a byte of an empty object's range and does not
// send it; lists in the order of its folders; fails to make the token of a list's next page; shows objects half written.
const notOfS3rver = ['ABlobMayBeEmpty', 'AListIsInTheOrder*', 'AListComesInPages*', 'SeveralMayPutOneKey*'];

let folder;
let server;
let endpoint;

beforeAll(async () => {
  // Nothing else needs it in this build; when it is there already, this is quick.
  await promisify(execFile)('ninja', ['-C', build, 'adapters_blob_test'], { maxBuffer: 1 << 24 });
  folder = mkdtempSync(join(tmpdir(), 'parley-s3-'));
  server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: folder, configureBuckets: [{ name: 'files' }] });
  endpoint = `http://127.0.0.1:${(await server.run()).port}`;
}, 600_000);

afterAll(async () => {
  await server?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/** How the test program ended, and what it said. */
function run(filter) {
  return new Promise((resolve) => {
    execFile(tests, [`--gtest_filter=${filter}`], { env: { ...process.env, PARLEY_TEST_S3: endpoint } }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, text: stdout + stderr }));
  });
}

it('keeps the contract of blobs on an S3 that others wrote', async () => {
  const { status, text } = await run(`*/OtherS3-${notOfS3rver.map((name) => `*.${name}/*`).join(':')}`);
  expect(status, text).toBe(0);
  expect(text).toMatch(/\[ {2}PASSED {2}\] 1[0-9] tests/);
}, 120_000);
