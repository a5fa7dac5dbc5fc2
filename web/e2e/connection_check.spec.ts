import type { Browser } from '@playwright/test';
import { expect, launchChromium, test } from './harness';
import { ada } from './media';

let browser: Browser;

test.beforeAll(async () => {
  browser = await launchChromium(ada);
});
test.afterAll(() => browser.close());

test('livekit-client finds nothing wrong with its connection', async ({ server }) => {
  // The library itself is put into the page, past the page's content policy.
  const page = await (await browser.newContext({ bypassCSP: true })).newPage();
  await page.goto(`${server.http}/`);
  await page.addScriptTag({ path: 'node_modules/livekit-client/dist/livekit-client.umd.js' });
  const { token } = await (
    await page.request.post(`${server.http}/api/v1/call-token`, { data: { room: 'check', name: 'Check' } })
  ).json();
  const checks = await page.evaluate(
    async ([url, jwt]) => {
      const { ConnectionCheck } = (window as unknown as { LivekitClient: typeof import('livekit-client') }).LivekitClient;
      const check = new ConnectionCheck(url ?? '', jwt ?? '');
      const results: Record<string, string> = {};
      // TURN is left out: the server has none yet.
      for (const [name, run] of [
        ['websocket', () => check.checkWebsocket()],
        ['webrtc', () => check.checkWebRTC()],
        ['reconnect', () => check.checkReconnect()],
        ['publishAudio', () => check.checkPublishAudio()],
        ['publishVideo', () => check.checkPublishVideo()],
        ['protocol', () => check.checkConnectionProtocol()],
      ] as const) {
        const info = await run();
        // CheckStatus: 3 is success.
        results[name] = info.status === 3 ? 'success' : JSON.stringify(info.logs);
      }
      return results;
    },
    [server.url, String(token)],
  );
  expect(checks).toEqual({
    websocket: 'success',
    webrtc: 'success',
    reconnect: 'success',
    publishAudio: 'success',
    publishVideo: 'success',
    protocol: 'success',
  });
});
