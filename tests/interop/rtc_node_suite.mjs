// Runs rtc-node's own end-to-end suite, as its npm package ships it, against our server: first as it comes (one peer
// connection), then with /rtc/v1 hidden, which makes the same client use two.
//
// package.json raises the client's native half to 0.12.75: in 0.12.73, to which rtc-node 1.1.0 is pinned, an answer that
// arrives while another negotiation is wanted locks the publisher for ever (livekit/rust-sdks#1252), whatever the server;
// here one full reconnect in thirty ended so.
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Server } from './server.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const copy = `${here}.rtc-node-src`; // Beside node_modules, so that its imports resolve; vitest skips node_modules itself.
const report = `${here}.rtc-node-report.json`;

/** The tests of the suite that ran against a server with `flags`: [{name, passed, message}]. */
export async function runSuite(label, flags) {
  rmSync(copy, { recursive: true, force: true });
  cpSync(`${here}node_modules/@livekit/rtc-node/src`, copy, { recursive: true });
  const server = await Server.start(flags, { logName: `rtc-node-${label}` });
  try {
    const env = { ...process.env, LIVEKIT_URL: server.url, LIVEKIT_API_KEY: 'devkey', LIVEKIT_API_SECRET: 'secret' };
    // One test at a time. The client hands every line that libwebrtc logs to its one JavaScript thread (344,000 lines for
    // ten pairs that connect together), and a test that measures a second on that thread then measures its neighbours.
    const run = spawnSync('npx', ['vitest', 'run', '--maxConcurrency=1', '--root', here, '--dir', `${copy}/tests`, '--reporter=json', `--outputFile=${report}`], {
      cwd: here,
      env,
      encoding: 'utf8',
      timeout: 300_000,
    });
    if (run.error) throw run.error;
    const result = JSON.parse(readFileSync(report, 'utf8'));
    return result.testResults.flatMap((file) =>
      file.assertionResults.map((test) => ({
        name: `rtc-node (${label}): ${test.fullName}`,
        passed: test.status === 'passed',
        message: test.failureMessages.join('\n'),
      })),
    );
  } finally {
    await server.stop();
    rmSync(copy, { recursive: true, force: true });
    rmSync(report, { force: true });
  }
}

/** The suite has 29 tests; fewer means that it did not run. */
export const suiteSize = 29;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [label, output] = process.argv.slice(2);
  const results = await runSuite(label, label === 'dual' ? ['--testing-hide-rtc-v1', 'true'] : []);
  const isWhole = { name: `rtc-node (${label}): all ${suiteSize} tests ran`, passed: results.length === suiteSize, message: `${results.length}` };
  writeFileSync(output, JSON.stringify([...results, isWhole]));
}
