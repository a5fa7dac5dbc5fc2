import type { Locator, Page } from '@playwright/test';
import { expect } from './harness';

export const heading = (page: Page, name: string): Locator => page.getByRole('heading', { name, exact: true });
export const section = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
export const button = (place: Page | Locator, name: string): Locator => place.getByRole('button', { name, exact: true });
export const signOut = (page: Page): Promise<void> => page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();

export async function openSettings(page: Page): Promise<void> {
  await button(page, 'Settings').click();
  await expect(heading(page, 'Settings')).toBeVisible();
}

/** At a desk's width and at a phone's, for people to look at. */
export async function takePictures(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `test-results/account-${name}.png` });
  const size = page.viewportSize();
  await page.setViewportSize({ width: 375, height: 740 });
  await page.screenshot({ path: `test-results/account-${name}-phone.png` });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, 'nothing is wider than a phone').toBeLessThanOrEqual(0);
  if (size) await page.setViewportSize(size);
}
