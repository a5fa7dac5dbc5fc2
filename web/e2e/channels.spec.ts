import type { Browser, Locator, Page } from '@playwright/test';
import { expect, expectColor, expectMediaFlows, expectTone, launchChromium, test } from './harness';
import { ada, bora } from './media';
import {
  acceptInvite,
  channel,
  community,
  copyInvite,
  createCommunity,
  createVoiceChannel,
  joinChannel,
  openPage,
  openRegistered,
  register,
  signIn,
} from './people';

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

/** "Within a second", and the time that a busy machine takes to show it. */
const soon = { timeout: 3000 };
const occupants = (page: Page): Locator => page.getByRole('list', { name: `People in ${channel}` }).getByRole('listitem');

test('two people sign up, meet in a voice channel, and a third sees who is there', async ({ server }) => {
  const adasPage = await openRegistered(adasBrowser, server, ada.name);
  const borasPage = await openRegistered(borasBrowser, server, bora.name);
  const ceydasPage = await openRegistered(borasBrowser, server, 'Ceyda');

  await createCommunity(adasPage, community);
  await createVoiceChannel(adasPage, channel);
  const invite = await copyInvite(adasPage);
  for (const page of [borasPage, ceydasPage]) {
    await acceptInvite(page, invite);
    await expect(page.getByRole('heading', { name: community })).toBeVisible();
    await expect(page.getByLabel('Name of a new voice channel')).toHaveCount(0);
  }

  await joinChannel(adasPage, channel);
  await expect(occupants(ceydasPage)).toHaveCount(1, soon);
  await joinChannel(borasPage, channel);
  await expect(ceydasPage.getByRole('listitem', { name: 'Ada, camera on' })).toBeVisible(soon);
  await expect(ceydasPage.getByRole('listitem', { name: 'Bora, camera on' })).toBeVisible(soon);
  for (const page of [adasPage, borasPage]) await expectMediaFlows(page);
  await expectColor(adasPage, bora);
  await expectColor(borasPage, ada);
  await expectTone(adasPage, bora);
  await expectTone(borasPage, ada);

  await adasPage.getByRole('button', { name: 'Mute microphone' }).click();
  await expect(ceydasPage.getByRole('listitem', { name: 'Ada, microphone muted, camera on' })).toBeVisible(soon);
  await borasPage.getByRole('button', { name: 'Share screen' }).click();
  await expect(ceydasPage.getByRole('listitem', { name: 'Bora, camera on, sharing the screen' })).toBeVisible(soon);
  await ceydasPage.screenshot({ path: 'test-results/channels.png' });

  for (const page of [adasPage, borasPage]) {
    await page.getByRole('button', { name: 'Leave call' }).click();
    await expect(page.getByRole('heading', { name: community })).toBeVisible();
  }
  await expect(occupants(ceydasPage)).toHaveCount(0, soon);
});

test('a moderator moves a person into another channel, with the microphone as it was', async ({ server }) => {
  const adasPage = await openRegistered(adasBrowser, server, ada.name);
  await createCommunity(adasPage, community);
  await createVoiceChannel(adasPage, channel);
  await createVoiceChannel(adasPage, 'Attic');
  const borasPage = await openRegistered(borasBrowser, server, bora.name);
  await acceptInvite(borasPage, await copyInvite(adasPage));
  await joinChannel(borasPage, channel);
  await borasPage.getByRole('button', { name: 'Mute microphone' }).click();
  await expect(adasPage.getByRole('listitem', { name: 'Bora, microphone muted, camera on' })).toBeVisible(soon);

  await adasPage.getByLabel('Move Bora').selectOption({ label: 'Attic' });
  const inAttic = adasPage.getByRole('list', { name: 'People in Attic' });
  await expect(inAttic.getByRole('listitem', { name: 'Bora, microphone muted, camera on' })).toBeVisible(soon);
  await expect(occupants(adasPage)).toHaveCount(0, soon);
  await adasPage.screenshot({ path: 'test-results/moved.png' });
  await expect(borasPage.getByRole('button', { name: 'Unmute microphone' })).toBeVisible();
  await joinChannel(adasPage, 'Attic');
  await expectColor(adasPage, bora);
});

test('a wrong password is refused in the words of the chosen language', async ({ server }) => {
  const page = await openPage(adasBrowser, `${server.http}/`);
  await page.getByLabel('Language').selectOption('az');
  await page.getByLabel('İstifadəçi adı').fill('nobody');
  await page.getByLabel('Parol').fill('not the password');
  await page.getByRole('button', { name: 'Daxil ol', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('Ad və ya parol yanlışdır.');
});

test('a session outlives a reload and its access token, and ends with signing out', async ({ server }) => {
  const page = await openRegistered(adasBrowser, server, ada.name);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Communities' })).toBeVisible();

  // As after a quarter of an hour: the access token means nothing any more, the refresh token does.
  const stale = (await page.context().cookies()).filter(({ name }) => name === 'parley_session');
  await page.context().addCookies(stale.map((cookie) => ({ ...cookie, value: 'pa_stale' })));
  await page.reload();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  expect(await page.context().cookies()).toEqual([]);
  await signIn(page, ada.name);
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('an invite link leads a new person into the community by the keyboard alone', async ({ server }) => {
  const adasPage = await openRegistered(adasBrowser, server, ada.name);
  await createCommunity(adasPage, community);
  const page = await openPage(borasBrowser, await copyInvite(adasPage));
  await expect(page.getByRole('region', { name: 'Invite' })).toContainText('Ada invites you to');
  await expect(page.getByRole('region', { name: 'Invite' })).toContainText('1 member');
  await register(page, bora.name);
  await page.getByRole('button', { name: 'Not now' }).focus();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: `Join ${community}` })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: community })).toBeVisible();
});

test('an invite that is not valid is refused', async ({ server }) => {
  const page = await openRegistered(adasBrowser, server, ada.name);
  await acceptInvite(page, 'nonsense');
  await expect(page.getByRole('alert').filter({ hasText: 'This invitation is not valid.' })).toBeVisible();
});

test('a guest reaches a call from the start page', async ({ server }) => {
  const page = await openPage(adasBrowser, `${server.http}/`);
  await page.getByRole('button', { name: 'Call as a guest' }).click();
  await page.getByLabel('Your name').fill('Guest');
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(page.getByRole('status')).toContainText('1 person in the call');
});

test('the list asks for nothing while its tab is hidden', async ({ server }) => {
  const page = await openPage(adasBrowser, `${server.http}/`);
  await page.clock.install();
  await page.reload();
  await register(page, ada.name);
  await createCommunity(page, community);
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/voice-states')) asked++;
  });
  await expect.poll(() => asked).toBeGreaterThan(1);
  const setHidden = (isHidden: boolean): Promise<void> =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
  await setHidden(true);
  const before = asked;
  await page.clock.runFor(60_000);
  // One may have been on its way.
  expect(asked).toBeLessThanOrEqual(before + 1);
  await setHidden(false);
  await expect.poll(() => asked).toBeGreaterThan(before + 1);
});
