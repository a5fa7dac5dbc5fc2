import type { Browser, Locator, Page } from '@playwright/test';
import { expect, launchChromium, launchFirefox, test, webRoot } from './harness';
import { ada } from './media';
import { acceptInvite, community, copyInvite, createCommunity, openPage, openRegistered, password } from './people';
import { Server } from '../../tests/interop/server.mjs';

let browser: Browser;

test.beforeAll(async () => {
  browser = await launchChromium(ada);
});
test.afterAll(() => browser.close());
test.afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

const channel = 'lobby';
const log = (page: Page): Locator => page.getByRole('log', { name: 'Messages' });
const said = (page: Page, text: string): Locator => log(page).getByRole('listitem').filter({ hasText: text });
const composer = (page: Page): Locator => page.getByLabel(`Message in ${channel}`);
const openChannel = (page: Page): Promise<void> => page.getByRole('button', { name: `# ${channel}` }).click();

/** As a person does: key by key, because React does not see what Playwright fills in Firefox. */
async function say(page: Page, text: string): Promise<void> {
  await composer(page).click();
  await composer(page).pressSequentially(text);
  await composer(page).press('Enter');
}

/** Ada's page, in whose community there is one text channel, and an invite to it. */
async function openHost(server: Server): Promise<{ host: Page; invite: string }> {
  const host = await openRegistered(browser, server, 'Ada');
  await createCommunity(host, community);
  await host.getByLabel('Name of a new text channel').fill(channel);
  await host.getByRole('button', { name: 'Create text channel' }).click();
  await expect(host.getByRole('button', { name: `# ${channel}` })).toBeVisible();
  return { host, invite: await copyInvite(host) };
}

async function openPair(server: Server): Promise<[Page, Page]> {
  const { host, invite } = await openHost(server);
  const guest = await openRegistered(browser, server, 'Bora');
  await acceptInvite(guest, invite);
  await openChannel(host);
  await openChannel(guest);
  for (const page of [host, guest]) await expect(page.getByText('Nothing was said here yet.')).toBeVisible();
  return [host, guest];
}

test('two people write to each other, see each other type, and see what was read', async ({ server }) => {
  const [adasPage, borasPage] = await openPair(server);
  await composer(borasPage).pressSequentially('Hello');
  await expect(adasPage.getByText('Bora is typing…')).toBeVisible();
  await composer(borasPage).pressSequentially(' Ada, ə and ğ');
  await composer(borasPage).press('Enter');
  await expect(said(adasPage, 'Hello Ada, ə and ğ')).toHaveCount(1);
  await expect(adasPage.getByText('Bora is typing…')).toHaveCount(0);
  await expect(said(borasPage, 'Hello Ada, ə and ğ')).toContainText('Read by: Ada');

  await say(adasPage, 'Hello Bora');
  await expect(said(borasPage, 'Hello Bora')).toHaveCount(1);
  await expect(said(adasPage, 'Hello Bora')).toContainText('Read by: Bora');
  await composer(borasPage).pressSequentially('And');
  await expect(adasPage.getByText('Bora is typing…')).toBeVisible();
  await adasPage.screenshot({ path: 'test-results/chat.png' });
});

test('who is elsewhere sees how much is unread, and where that begins', async ({ server }) => {
  const [adasPage, borasPage] = await openPair(server);
  await say(adasPage, 'first');
  await expect(said(adasPage, 'first')).toContainText('Read by: Bora');
  await borasPage.getByRole('region', { name: channel }).getByRole('button', { name: 'Back' }).click();
  await say(adasPage, 'second');
  await say(adasPage, 'third');
  await expect(borasPage.getByRole('button', { name: `# ${channel}` })).toContainText('2 unread messages');
  await expect(said(adasPage, 'third')).not.toContainText('Read by');
  await openChannel(borasPage);
  await expect(log(borasPage).getByRole('listitem')).toContainText(['first', 'Unread from here', 'second', 'third']);
  await expect(borasPage.getByRole('button', { name: `# ${channel}` })).not.toContainText('unread');
  await expect(said(adasPage, 'third')).toContainText('Read by: Bora');
});

test('a reload keeps the history, and older messages come on demand', async ({ server }) => {
  const { host } = await openHost(server);
  await openChannel(host);
  await say(host, 'number 1.');
  await expect(said(host, 'number 1.')).toContainText('Sent');
  const sent = await host.evaluate(async () => {
    const { items } = await (await fetch('/api/v1/communities')).json();
    const channels = await (await fetch(`/api/v1/communities/${items[0].id}/channels`)).json();
    const { id } = channels.items.find(({ name }: { name: string }) => name === 'lobby');
    const send = async (text: string): Promise<void> => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text }) };
      const answer = await fetch(`/api/v1/conversations/${id}/messages`, init);
      if (answer.status !== 429) return;
      const { retryAfterMs } = await answer.json();
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
      await send(text);
    };
    for (let i = 2; i <= 60; i++) await send(`number ${i}.`);
    return 60;
  });
  await expect(log(host).getByRole('listitem')).toHaveCount(sent);
  await host.reload();
  await openChannel(host);
  await expect(said(host, 'number 60.')).toBeInViewport();
  await expect(log(host).getByRole('listitem')).toHaveCount(50);
  await host.getByRole('button', { name: 'Show older messages' }).click();
  await expect(log(host).getByRole('listitem')).toHaveCount(sent);
  await expect(host.getByRole('button', { name: 'Show older messages' })).toHaveCount(0);
});

test('edits and deletions by others show at once', async ({ server }) => {
  const [adasPage, borasPage] = await openPair(server);
  await say(borasPage, 'a tpyo');
  await say(borasPage, 'a mistake');
  await expect(said(adasPage, 'a mistake')).toHaveCount(1);
  await expect(said(borasPage, 'a mistake')).toContainText('Read by: Ada');
  await borasPage.evaluate(async () => {
    const { items } = await (await fetch('/api/v1/communities')).json();
    const channels = await (await fetch(`/api/v1/communities/${items[0].id}/channels`)).json();
    const { id } = channels.items.find(({ name }: { name: string }) => name === 'lobby');
    const { items: messages } = await (await fetch(`/api/v1/conversations/${id}/messages`)).json();
    const headers = { 'content-type': 'application/json' };
    await fetch(`/api/v1/messages/${messages[0].id}`, { method: 'PATCH', headers, body: JSON.stringify({ text: 'a typo' }) });
    await fetch(`/api/v1/messages/${messages[1].id}`, { method: 'DELETE' });
  });
  await expect(said(adasPage, 'a typo')).toContainText('(edited)');
  await expect(said(adasPage, 'This message was deleted.')).toHaveCount(1);
  await expect(said(adasPage, 'a mistake')).toHaveCount(0);
});

test('what is written while the server is gone arrives once when it is back', async ({ server }) => {
  const [adasPage, borasPage] = await openPair(server);
  await say(borasPage, 'before');
  await expect(said(adasPage, 'before')).toHaveCount(1);
  const { port, data } = server;
  await server.stop('SIGKILL');
  await expect(adasPage.getByText('Connection lost.')).toBeVisible();
  await say(borasPage, 'meanwhile');
  await say(borasPage, 'and then');
  await expect(said(borasPage, 'meanwhile')).toContainText('Waiting for the connection');

  const again = await Server.start(['--web-root', webRoot], { port, data });
  try {
    for (const page of [adasPage, borasPage]) {
      await expect(page.getByText('Connection lost.')).toHaveCount(0);
      await expect(log(page).getByRole('listitem')).toContainText(['before', 'meanwhile', 'and then']);
      await expect(log(page).getByRole('listitem')).toHaveCount(3);
    }
    await expect(said(borasPage, 'and then')).toContainText('Read by: Ada');
  } finally {
    await again.stop();
  }
});

test('a person in an unmodified Firefox takes part', async ({ server }) => {
  const firefox = await launchFirefox();
  try {
    const { host, invite } = await openHost(server);
    const page = await openPage(firefox, invite);
    const type = async (label: string, text: string): Promise<void> => {
      await page.getByLabel(label).click();
      await page.getByLabel(label).pressSequentially(text);
    };
    await page.getByRole('button', { name: 'New here? Create an account' }).click();
    await type('User name', 'derya');
    await type('Password', password);
    await page.getByRole('button', { name: 'Create account', exact: true }).click();
    await page.getByRole('button', { name: `Join ${community}` }).click();
    await openChannel(host);
    await openChannel(page);
    await say(page, 'from Firefox');
    await expect(said(host, 'from Firefox')).toHaveCount(1);
    await say(host, 'from Chromium');
    await expect(said(page, 'from Chromium')).toHaveCount(1);
    await expect(said(host, 'from Chromium')).toContainText('Read by: derya');
  } finally {
    await firefox.close();
  }
});
