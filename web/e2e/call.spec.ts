import type { Browser, Page } from '@playwright/test';
import { enterCall, expect, expectColor, expectMediaFlows, expectTone, joinCall, launchChromium, readStats, test } from './harness';
import { ada, bora } from './media';

let adasBrowser: Browser;
let borasBrowser: Browser;

test.beforeAll(async () => {
  [adasBrowser, borasBrowser] = await Promise.all([launchChromium(ada), launchChromium(bora)]);
});
test.afterAll(async () => {
  await Promise.all([adasBrowser.close(), borasBrowser.close()]);
});
test.afterEach(async () => {
  for (const browser of [adasBrowser, borasBrowser]) {
    for (const context of browser.contexts()) await context.close();
  }
});

async function expectBothSeeAndHear(adasPage: Page, borasPage: Page): Promise<void> {
  await expectMediaFlows(adasPage);
  await expectMediaFlows(borasPage);
  await expectColor(adasPage, bora);
  await expectColor(borasPage, ada);
  await expectTone(adasPage, bora);
  await expectTone(borasPage, ada);
}

for (const mode of ['single', 'dual'] as const) {
  test(`two people see and hear each other (${mode} peer connection)`, async ({ server }) => {
    const adasPage = await joinCall(adasBrowser, server, ada.name, { mode });
    const borasPage = await joinCall(borasBrowser, server, bora.name, { mode });
    await expectBothSeeAndHear(adasPage, borasPage);
    expect((await readStats(adasPage)).connections).toBe(mode === 'single' ? 1 : 2);
    await adasPage.screenshot({ path: `test-results/call-${mode}.png` });
  });
}

test.describe('without UDP', () => {
  test.use({ flags: ['--rtc-force-tcp', 'true'] });
  test('two people see and hear each other over TCP', async ({ server }) => {
    const adasPage = await joinCall(adasBrowser, server, ada.name);
    const borasPage = await joinCall(borasBrowser, server, bora.name);
    await expectBothSeeAndHear(adasPage, borasPage);
  });
});

test('muting is seen by the other and stops the sound; unmuting brings both back', async ({ server }) => {
  const adasPage = await joinCall(adasBrowser, server, ada.name);
  const borasPage = await joinCall(borasBrowser, server, bora.name);
  await expectTone(borasPage, ada);
  await adasPage.getByRole('button', { name: 'Mute microphone' }).click();
  await expect(borasPage.getByRole('listitem', { name: /^Ada, microphone muted/ })).toBeVisible();
  await adasPage.getByRole('button', { name: 'Unmute microphone' }).click();
  await expect(borasPage.getByRole('listitem', { name: /^Ada(, speaking)?$/ })).toBeVisible();
  await expectTone(borasPage, ada);
});

test('a camera switched off and on again comes back', async ({ server }) => {
  const adasPage = await joinCall(adasBrowser, server, ada.name);
  const borasPage = await joinCall(borasBrowser, server, bora.name);
  await expectColor(borasPage, ada);
  await adasPage.getByRole('button', { name: 'Turn camera off' }).click();
  await expect(borasPage.getByRole('listitem', { name: /^Ada/ }).locator('video')).toHaveCount(0);
  await adasPage.getByRole('button', { name: 'Turn camera on' }).click();
  await expectColor(borasPage, ada);
});

test('a shared screen appears beside the camera and goes again', async ({ server }) => {
  const adasPage = await joinCall(adasBrowser, server, ada.name);
  const borasPage = await joinCall(borasBrowser, server, bora.name);
  await expectColor(borasPage, ada);
  await adasPage.getByRole('button', { name: 'Share screen' }).click();
  const screen = borasPage.getByRole('listitem', { name: "Ada's screen" });
  await expect(screen).toBeVisible();
  await expect.poll(() => screen.locator('video').evaluate((v: HTMLVideoElement) => v.videoWidth)).toBeGreaterThan(600);
  await borasPage.screenshot({ path: 'test-results/screen-share.png' });
  await adasPage.getByRole('button', { name: 'Stop sharing' }).click();
  await expect(screen).toHaveCount(0);
  await expectColor(borasPage, ada);
});

test('leaving is seen at once, and coming back works', async ({ server }) => {
  const adasPage = await joinCall(adasBrowser, server, ada.name);
  const borasPage = await joinCall(borasBrowser, server, bora.name);
  await expectMediaFlows(borasPage);
  await adasPage.getByRole('button', { name: 'Leave call' }).click();
  await expect(adasPage.getByRole('heading', { name: 'You left the call.' })).toBeVisible();
  await expect(borasPage.getByRole('status')).toContainText('1 person in the call');
  await adasPage.getByRole('button', { name: 'Back to the start' }).click();
  await enterCall(adasPage, server, '');
  await expectBothSeeAndHear(adasPage, borasPage);
});

test('reloading the page in mid-call leaves one entry and a working call', async ({ server }) => {
  const adasPage = await joinCall(adasBrowser, server, ada.name);
  const borasPage = await joinCall(borasBrowser, server, bora.name);
  await expectMediaFlows(borasPage);
  await adasPage.reload();
  await adasPage.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(adasPage.getByRole('status')).toContainText('2 people in the call');
  await expectBothSeeAndHear(adasPage, borasPage);
  await expect(borasPage.getByRole('status')).toContainText('2 people in the call');
});

test('a broken signal connection is resumed while media keeps flowing', async ({ server }) => {
  const adasPage = await joinCall(adasBrowser, server, ada.name);
  const borasPage = await joinCall(borasBrowser, server, bora.name);
  await expectMediaFlows(borasPage);
  const sid = await adasPage.evaluate(() => window.__parley?.room.localParticipant.sid);
  const resumed = adasPage.evaluate(
    () => new Promise<boolean>((resolve) => window.__parley?.room.once('reconnected' as never, () => resolve(true))),
  );
  await adasPage.evaluate(() => void window.__parley?.room.simulateScenario('signal-reconnect'));
  expect(await resumed).toBe(true);
  expect(await adasPage.evaluate(() => window.__parley?.room.localParticipant.sid)).toBe(sid);
  await expectBothSeeAndHear(adasPage, borasPage);
});

test('after kill -9 and a restart of the server both are back within ten seconds', async ({ server }) => {
  const adasPage = await joinCall(adasBrowser, server, ada.name);
  const borasPage = await joinCall(borasBrowser, server, bora.name);
  await expectMediaFlows(borasPage);
  const { Server } = await import('../../tests/interop/server.mjs');
  await server.stop('SIGKILL');
  const next = await Server.start([], { port: server.port });
  try {
    await expect(adasPage.getByRole('status')).toContainText('2 people in the call', { timeout: 10_000 });
    await expect(borasPage.getByRole('status')).toContainText('2 people in the call', { timeout: 10_000 });
    await expectBothSeeAndHear(adasPage, borasPage);
  } finally {
    await next.stop();
  }
});
