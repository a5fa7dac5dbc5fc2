import type { Browser } from '@playwright/test';
import { expect, expectColor, expectMediaFlows, joinCall, launchChromium, launchFirefox, test } from './harness';
import { ada } from './media';

let chromium: Browser;
let firefox: Browser;

test.beforeAll(async () => {
  [chromium, firefox] = await Promise.all([launchChromium(ada), launchFirefox()]);
});
test.afterAll(async () => {
  await Promise.all([chromium.close(), firefox.close()]);
});

for (const mode of ['single', 'dual'] as const) {
  test(`Chromium and Firefox see and hear each other (${mode} peer connection)`, async ({ server }) => {
    const adasPage = await joinCall(chromium, server, ada.name, { mode });
    const deryasPage = await joinCall(firefox, server, 'Derya', { mode });
    await expectMediaFlows(adasPage);
    await expectMediaFlows(deryasPage);
    await expectColor(deryasPage, ada);
    await expect(adasPage.getByRole('status')).toContainText('2 people in the call');
    await deryasPage.screenshot({ path: `test-results/firefox-${mode}.png` });
    await adasPage.context().close();
    await deryasPage.context().close();
  });
}
