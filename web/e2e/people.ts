import type { Browser, Page } from '@playwright/test';
import { expect } from './harness';
import type { Server } from '../../tests/interop/server.mjs';

export const password = 'a long and secret sentence';
export const community = 'Night owls';
export const channel = 'Den';

/** A page of one's own, as a person opens it for the first time. */
export async function openPage(browser: Browser, address: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US' });
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

/** Makes an account by the form and waits until it is signed in. */
export async function register(page: Page, name: string, email = ''): Promise<void> {
  await page.getByRole('button', { name: 'New here? Create an account' }).click();
  await page.getByLabel('User name').fill(name.toLowerCase());
  await page.getByLabel('Name that others see').fill(name);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Communities' })).toBeVisible();
}

export async function openRegistered(browser: Browser, server: Server, name: string, email = ''): Promise<Page> {
  const page = await openPage(browser, `${server.http}/`);
  await register(page, name, email);
  return page;
}

/** Fills the form in and sends it; whether it lets one in is seen by the caller. */
export async function signIn(page: Page, name: string, secret = password): Promise<void> {
  await page.getByLabel('User name or e-mail address').fill(name.toLowerCase());
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

export async function createCommunity(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name of a new community').fill(name);
  await page.getByRole('button', { name: 'Create community' }).click();
  await expect(page.getByRole('heading', { name })).toBeVisible();
}

export async function createVoiceChannel(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name of a new voice channel').fill(name);
  await page.getByRole('button', { name: 'Create voice channel' }).click();
  await expect(page.getByRole('listitem', { name, exact: true })).toBeVisible();
}

/** Makes an invite, copies it, and gives its link. */
export async function copyInvite(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Invite people' }).click();
  await page.getByRole('button', { name: 'Copy invite' }).click();
  await expect(page.getByText('Copied')).toBeVisible();
  return page.getByLabel('Invite link').inputValue();
}

export async function acceptInvite(page: Page, invite: string): Promise<void> {
  await page.getByLabel('Invite code or link').fill(invite);
  await page.getByRole('button', { name: 'Accept invite' }).click();
}

export async function joinChannel(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `Join ${name}` }).click();
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(page.getByRole('status')).toContainText('in the call');
}
