import type { Browser } from '@playwright/test';
import { expect, launchChromium, test } from './harness';
import { ada } from './media';
import { button, heading, openSettings, section, signOut, takePictures } from './pages';
import { openPage } from './people';
import { withProvider } from './provider';
import { totpNow } from './totp';

let browser: Browser;

test.beforeAll(async () => {
  browser = await launchChromium(ada);
});
test.afterAll(() => browser.close());

test('the sign-in page says why the identity provider sent nobody, and offers it where there is one', async ({ server }) => {
  const page = await openPage(browser, `${server.http}/`);
  await page.getByLabel('Language').selectOption('az');
  await page.goto(`${server.http}/sign-in#problem=forbidden`);
  await expect(page.getByRole('alert').first()).toHaveText('Giriş rədd edildi və ya burada hesabınız yoxdur.');
  expect(page.url()).toBe(`${server.http}/`);
  await expect(button(page, 'Təşkilat hesabınızla daxil olun')).toHaveCount(0);

  // As a server with OIDC_ISSUER answers.
  await page.route('**/api/v1/auth/oidc', (route) => route.fulfill({ json: { isOffered: true } }));
  const away = page.waitForRequest((request) => request.url().includes('/api/v1/auth/oidc/start'));
  await page.goto(`${server.http}/?invite=abc`);
  await takePictures(page, 'provider');
  await button(page, 'Təşkilat hesabınızla daxil olun').click();
  expect(new URL((await away).url()).searchParams.get('returnTo')).toBe('/?invite=abc');
});

test('a person signs in by the identity provider, who may also decline', async () => {
  await withProvider(async (server) => {
    const page = await openPage(browser, `${server.http}/`);
    // The provider's page of this library wants fonts from afar.
    await page.route(/^https:/, (route) => route.abort());
    await button(page, "Sign in with your organisation's account").click();
    await page.getByRole('link', { name: 'Cancel' }).click();
    await expect(page.getByRole('alert').first()).toHaveText('The sign-in was declined, or you have no account here.');

    await button(page, "Sign in with your organisation's account").click();
    await page.getByPlaceholder('Enter any login').fill('selin');
    await page.getByPlaceholder('and password').fill('anything');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(heading(page, 'Communities')).toBeVisible();
    await expect(page.getByRole('banner')).toContainText('selin K.');

    await openSettings(page);
    await expect(section(page, 'Change password')).toHaveCount(0);
    await button(section(page, 'Second factor'), 'Set up').click();
    const factor = section(page, 'Second factor');
    await factor.getByLabel('Code from your app').fill(totpNow(await factor.getByLabel('Secret').inputValue()));
    await button(factor, 'Turn on').click();
    const code = (await factor.getByRole('listitem').first().textContent()) ?? '';
    await signOut(page);

    await button(page, "Sign in with your organisation's account").click();
    await page.getByLabel('Code from your app').fill(code);
    await button(page, 'Sign in').click();
    await expect(heading(page, 'Communities')).toBeVisible();
  });
});
