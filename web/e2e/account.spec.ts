import { readFileSync } from 'node:fs';
import type { Browser } from '@playwright/test';
import { expect, launchChromium, test } from './harness';
import { readLink } from './mails';
import { ada, bora } from './media';
import { button, heading, openSettings, section, signOut, takePictures } from './pages';
import { acceptInvite, community, copyInvite, createCommunity, openPage, openRegistered, password, signIn } from './people';
import { totpNow } from './totp';

let browser: Browser;

test.beforeAll(async () => {
  browser = await launchChromium(ada);
});
test.afterAll(() => browser.close());
test.afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

const address = 'ada@example.com';
const newPassword = 'another long and secret sentence';

test('an address is confirmed by the link in the mail, whose token stays nowhere', async ({ server }) => {
  const page = await openRegistered(browser, server, ada.name, address);
  const notice = section(page, 'Confirm your address');
  await expect(notice).toContainText(`A mail to ${address} is on its way.`);
  await takePictures(page, 'mail-notice');
  const oldLink = await readLink(server);
  await button(notice, 'Send again').click();
  await expect(notice).toContainText('Sent.');
  const link = await readLink(server, 2);

  const tab = await page.context().newPage();
  const asked: string[] = [];
  tab.on('request', (request) => asked.push(request.url()));
  await tab.goto(oldLink);
  await expect(tab.getByRole('alert')).toContainText('This link does not work');
  await tab.goto(link);
  await expect(tab.getByText('Your e-mail address is confirmed.')).toBeVisible();
  expect(tab.url()).toBe(`${server.http}/verify-email`);
  // Playwright shows what was asked without fragments, so what remains was really sent.
  expect(asked.filter((url) => url.includes('pm_'))).toEqual([]);
  await takePictures(tab, 'verified');
  await tab.goto(link);
  await expect(tab.getByRole('alert')).toContainText('it was used already');

  await button(tab, 'Continue').click();
  await expect(heading(tab, 'Communities')).toBeVisible();
  expect(tab.url()).toBe(`${server.http}/`);
  await expect(section(tab, 'Confirm your address')).toHaveCount(0);
});

test('a link of a mail says what it did in the language of the page', async ({ server }) => {
  const page = await openPage(browser, `${server.http}/`);
  await page.getByLabel('Language').selectOption('tr');
  await page.goto(`${server.http}/verify-email#token=pm_wrong`);
  await expect(heading(page, 'Adresinizi doğrulayın')).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('Bu bağlantı çalışmıyor');
  await page.getByLabel('Dil').selectOption('az');
  await expect(page.getByRole('alert')).toContainText('Bu keçid işləmir');
});

test('a forgotten password is replaced by the link in the mail', async ({ server }) => {
  const page = await openRegistered(browser, server, ada.name, address);
  await signOut(page);
  await button(page, 'Forgot your password?').click();
  const sentence = 'If there is an account with this address, a mail is on its way.';
  await page.getByLabel('E-mail address').fill('nobody@example.com');
  await button(page, 'Send the link').click();
  await expect(page.getByRole('status')).toContainText(sentence);
  await page.getByLabel('E-mail address').fill(address);
  await button(page, 'Send the link').click();
  await expect(page.getByRole('status')).toContainText(sentence);
  await takePictures(page, 'forgot');

  // The first mail is that of the registration.
  const link = await readLink(server, 2);
  await page.goto(link);
  expect(page.url()).toBe(`${server.http}/reset-password`);
  await page.getByLabel('New password').fill('password1');
  await button(page, 'Set password').click();
  await expect(page.getByRole('alert')).toHaveText('This is one of the most common passwords.');
  await takePictures(page, 'reset');
  await page.getByLabel('New password').fill(newPassword);
  await button(page, 'Set password').click();
  await expect(page.getByText('The new password is set')).toBeVisible();
  await button(page, 'Back to sign-in').click();

  await signIn(page, ada.name);
  await expect(page.getByRole('alert')).toHaveText('The name or the password is wrong.');
  await signIn(page, address, newPassword);
  await expect(heading(page, 'Communities')).toBeVisible();

  await page.goto(link);
  await page.getByLabel('New password').fill(password);
  await button(page, 'Set password').click();
  await expect(page.getByRole('alert')).toContainText('This link does not work');
});

test('a second factor is turned on, asked for, also after the identity provider, and turned off', async ({ server }) => {
  const page = await openRegistered(browser, server, ada.name);
  await openSettings(page);
  const factor = section(page, 'Second factor');
  await factor.getByLabel('Password').fill('not the password');
  await button(factor, 'Set up').click();
  await expect(factor.getByRole('alert')).toHaveText('The password is wrong.');
  await factor.getByLabel('Password').fill(password);
  await button(factor, 'Set up').click();
  await expect(factor.getByRole('link', { name: 'open in the app' })).toHaveAttribute('href', /^otpauth:\/\/totp\//);
  await factor.scrollIntoViewIfNeeded();
  await takePictures(page, 'totp');
  await factor.getByLabel('Code from your app').fill(totpNow(await factor.getByLabel('Secret').inputValue()));
  await button(factor, 'Turn on').click();
  const codes = factor.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await expect(codes.first()).toBeVisible();
  const [first = '', second = '', third = ''] = await codes.allTextContents();
  await factor.scrollIntoViewIfNeeded();
  await takePictures(page, 'recovery-codes');
  await button(factor, 'I have kept them').click();
  await expect(codes).toHaveCount(0);
  await expect(factor.getByRole('status')).toContainText('On:');

  await signOut(page);
  await signIn(page, ada.name);
  await page.getByLabel('Code from your app').fill('000000');
  await button(page, 'Sign in').click();
  await expect(page.getByRole('alert')).toHaveText('The code is wrong.');
  await page.getByLabel('Code from your app').fill(first);
  await button(page, 'Sign in').click();
  await expect(heading(page, 'Communities')).toBeVisible();
  await signOut(page);

  // The provider's way back carries the same kind of ticket.
  const answer = await page.request.post(`${server.http}/api/v1/auth/sign-in`, { data: { login: 'ada', password } });
  await page.goto(`${server.http}/sign-in#ticket=${(await answer.json()).ticket}`);
  expect(page.url()).toBe(`${server.http}/`);
  await page.getByLabel('Code from your app').fill(second);
  await button(page, 'Sign in').click();
  await expect(heading(page, 'Communities')).toBeVisible();

  await openSettings(page);
  await factor.getByText('Turn off').first().click();
  await factor.getByLabel('Password').fill(password);
  await factor.getByLabel('Code from your app').last().fill(third);
  await button(factor, 'Turn off').click();
  await expect(factor.getByRole('status')).toContainText('Off.');
});

test('the settings change name and password, and sign out another device', async ({ server }) => {
  const page = await openRegistered(browser, server, ada.name);
  const other = await openPage(browser, `${server.http}/`);
  await signIn(other, ada.name);
  await expect(heading(other, 'Communities')).toBeVisible();

  await openSettings(page);
  const profile = section(page, 'Profile');
  await profile.getByLabel('Name that others see').fill('Ada L.');
  await profile.getByLabel('Status').fill('Thinking');
  await profile.getByLabel('Status').press('Enter');
  await expect(profile.getByRole('status')).toHaveText('Saved');
  await expect(page.getByRole('banner')).toContainText('Ada L.');
  await takePictures(page, 'settings');

  const devices = section(page, 'Your devices');
  await expect(devices.getByRole('listitem')).toHaveCount(2);
  await devices.scrollIntoViewIfNeeded();
  await takePictures(page, 'devices');
  await devices.getByRole('button', { name: 'Sign out' }).click();
  await expect(devices.getByRole('listitem')).toHaveCount(1);
  await expect(devices.getByRole('listitem')).toContainText('this device');
  await other.reload();
  await expect(heading(other, 'Sign in')).toBeVisible();

  const change = section(page, 'Change password');
  await change.getByLabel('Current password').fill('not the password');
  await change.getByLabel('New password').fill(newPassword);
  await button(change, 'Set password').click();
  await expect(change.getByRole('alert')).toHaveText('The password is wrong.');
  await change.getByLabel('Current password').fill(password);
  await button(change, 'Set password').click();
  await expect(change.getByRole('status')).toHaveText('Password changed');

  await profile.getByLabel('Language of the app').selectOption('tr');
  await button(profile, 'Save').click();
  await expect(heading(page, 'Ayarlar')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('banner')).toContainText('Ada L.');
  await expect(heading(page, 'Topluluklar')).toBeVisible();
});

test('an account is exported, deleted after a question, and kept by its owner', async ({ server }) => {
  const page = await openRegistered(browser, server, ada.name);
  await openSettings(page);
  const download = page.waitForEvent('download');
  await button(page, 'Download my data').click();
  expect(JSON.parse(readFileSync(await (await download).path(), 'utf8'))).toMatchObject({ account: { username: 'ada' } });

  await button(page, 'Delete account').press('Enter');
  const question = page.getByRole('dialog');
  await takePictures(page, 'delete');
  await page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await button(page, 'Delete account').press('Enter');
  await question.getByLabel('Password').fill(password);
  await button(question, 'Delete account').click();
  await expect(heading(page, 'Sign in')).toBeVisible();

  await signIn(page, ada.name);
  await expect(section(page, 'Delete account')).toContainText('Your account will be deleted on');
  await button(page, 'Keep my account').click();
  await expect(section(page, 'Delete account')).toHaveCount(0);
});

test('a member leaves a community after a question, and its owner cannot', async ({ server }) => {
  const adasPage = await openRegistered(browser, server, ada.name);
  await createCommunity(adasPage, community);
  const page = await openPage(browser, await copyInvite(adasPage));
  await takePictures(page, 'invite');
  await button(page, 'Not now').click();
  expect(page.url()).toBe(`${server.http}/`);
  const borasPage = await openRegistered(browser, server, bora.name);
  await acceptInvite(borasPage, await adasPage.getByLabel('Invite link').inputValue());
  await expect(heading(borasPage, community)).toBeVisible();
  await button(borasPage, 'Leave community').click();
  await button(borasPage.getByRole('dialog'), 'Cancel').click();
  await button(borasPage, 'Leave community').click();
  await takePictures(borasPage, 'leave');
  await button(borasPage.getByRole('dialog'), 'Leave community').click();
  await expect(heading(borasPage, community)).toHaveCount(0);
  await expect(borasPage.getByText('Create a community, or enter an invite.')).toBeVisible();
  await expect(button(adasPage, 'Leave community')).toHaveCount(0);
});
