import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Browser, Locator, Page } from '@playwright/test';
import { expect, launchChromium, launchFirefox, test } from './harness';
import { ada } from './media';
import { acceptInvite, community, copyInvite, createCommunity, openPage, openRegistered, password } from './people';
import type { Server } from '../../tests/interop/server.mjs';

let browser: Browser;

test.beforeAll(async () => {
  browser = await launchChromium(ada);
});
test.afterAll(() => browser.close());
test.afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

const channel = 'lobby';
const messages = (page: Page): Locator => page.getByRole('log', { name: 'Messages' }).getByRole('listitem');
const openChannel = (page: Page): Promise<void> => page.getByRole('button', { name: `# ${channel}` }).click();
const sendButton = (page: Page): Locator => page.getByRole('button', { name: 'Send', exact: true });

async function openHost(server: Server): Promise<{ host: Page; invite: string }> {
  const host = await openRegistered(browser, server, 'Ada');
  await createCommunity(host, community);
  await host.getByLabel('Name of a new text channel').fill(channel);
  await host.getByRole('button', { name: 'Create text channel' }).click();
  await expect(host.getByRole('button', { name: `# ${channel}` })).toBeVisible();
  const invite = await copyInvite(host);
  await openChannel(host);
  return { host, invite };
}

async function openPair(server: Server): Promise<[Page, Page]> {
  const { host, invite } = await openHost(server);
  const guest = await openRegistered(browser, server, 'Bora');
  await acceptInvite(guest, invite);
  await openChannel(guest);
  for (const page of [host, guest]) await expect(page.getByText('Nothing was said here yet.')).toBeVisible();
  return [host, guest];
}

interface Chosen {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** As a person does: by the button. */
async function attach(page: Page, ...files: Chosen[]): Promise<void> {
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Attach files' }).click();
  await (await choosing).setFiles(files);
}

async function sendFiles(page: Page, ...files: Chosen[]): Promise<void> {
  await attach(page, ...files);
  await sendButton(page).click();
}

/** What a click brings, as it lies on the disk. */
async function download(page: Page, link: Locator): Promise<{ name: string; bytes: Buffer }> {
  const coming = page.waitForEvent('download');
  await link.click();
  const got = await coming;
  return { name: got.suggestedFilename(), bytes: readFileSync(await got.path()) };
}

/** A position somewhere in Baku as a telephone writes it: an Exif segment whose GPS directory has the latitude. */
function exifWithGps(): Buffer {
  const exif = Buffer.alloc(98);
  exif.write('\xff\xe1', 0, 'latin1');
  exif.writeUInt16BE(exif.length - 2, 2);
  exif.write('Exif\0\0MM\0*', 4, 'latin1');
  const tiff = exif.subarray(10);
  tiff.writeUInt32BE(8, 4);
  const entry = (at: number, tag: number, type: number, count: number): void => {
    tiff.writeUInt16BE(tag, at);
    tiff.writeUInt16BE(type, at + 2);
    tiff.writeUInt32BE(count, at + 4);
  };
  tiff.writeUInt16BE(1, 8);
  entry(10, 0x8825, 4, 1);
  tiff.writeUInt32BE(26, 18);
  tiff.writeUInt16BE(2, 26);
  entry(28, 1, 2, 2);
  tiff.write('N', 36, 'latin1');
  entry(40, 2, 5, 3);
  tiff.writeUInt32BE(56, 48);
  for (const [i, value] of [40, 1, 22, 1, 5432, 100].entries()) tiff.writeUInt32BE(value, 56 + 4 * i);
  return exif;
}

function jpegWithGps(): Buffer {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=1600x900', '-frames:v', '1', '-f', 'mjpeg', '-q:v', '4', '-'];
  const plain = execFileSync('ffmpeg', ['-v', 'error', ...source], { maxBuffer: 16 * 1024 * 1024 });
  return Buffer.concat([plain.subarray(0, 2), exifWithGps(), plain.subarray(2)]);
}

test('MSG-2: a picture arrives as a thumbnail, opens, and is downloaded without the place where it was taken', async ({ server }) => {
  const [adasPage, borasPage] = await openPair(server);
  const picture = jpegWithGps();
  expect(picture.includes('Exif')).toBe(true);
  await sendFiles(adasPage, { name: 'sea at noon.jpg', mimeType: 'image/jpeg', buffer: picture });

  const thumbnail = borasPage.getByRole('button', { name: 'Open sea at noon.jpg' });
  await expect(thumbnail).toBeVisible();
  await expect.poll(() => thumbnail.getByRole('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(320);
  await borasPage.screenshot({ path: 'test-results/files_picture.png' });
  await thumbnail.press('Enter');
  const viewer = borasPage.getByRole('dialog', { name: 'sea at noon.jpg' });
  await expect.poll(() => viewer.getByRole('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1280);
  await borasPage.screenshot({ path: 'test-results/files_viewer.png' });

  const got = await download(borasPage, viewer.getByRole('link', { name: 'Download sea at noon.jpg' }));
  expect(got.name).toBe('sea at noon.jpg');
  expect(got.bytes.subarray(0, 2).toString('hex')).toBe('ffd8');
  expect(got.bytes.length).toBeGreaterThan(10_000);
  expect(got.bytes.includes('Exif')).toBe(false);
  expect(got.bytes.includes(exifWithGps().subarray(66))).toBe(false);
  await viewer.getByRole('button', { name: 'Close' }).click();
  await expect(viewer).toBeHidden();
});

test('MSG-2: a page that is called a picture can only be downloaded, and a damaged picture says why it is not shown', async ({ server }) => {
  const [adasPage, borasPage] = await openPair(server);
  const html = Buffer.from('<!doctype html><html><script>document.title = "taken"</script></html>');
  const damaged = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), Buffer.alloc(500, 7)]);
  await sendFiles(
    adasPage,
    { name: 'cat.png', mimeType: 'image/png', buffer: html },
    { name: 'dog.png', mimeType: 'image/png', buffer: damaged },
  );
  for (const page of [adasPage, borasPage])
    await expect(messages(page)).toContainText('Refused: The file is damaged, or is not what it seems to be.');
  const link = borasPage.getByRole('link', { name: 'Download cat.png' });
  await expect(link).toBeVisible();
  await expect(messages(borasPage).getByRole('img')).toHaveCount(0);
  expect((await download(borasPage, link)).bytes.equals(html)).toBe(true);
  const headers = await borasPage.evaluate(async (address) => {
    const answer = await fetch(address.replace('&download=true', ''));
    return [answer.headers.get('content-type'), answer.headers.get('content-disposition')];
  }, (await link.getAttribute('href')) ?? '');
  expect(headers[0]).toBe('application/octet-stream');
  expect(headers[1]).toContain('attachment');
  await adasPage.screenshot({ path: 'test-results/files_refused.png' });
});

test('MSG-2: a file of 20 MB goes up in chunks, shows how far it is, and goes on after a break', async ({ server }) => {
  const { host } = await openHost(server);
  const sizes: number[] = [];
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  let patches = 0;
  await host.route('**/api/v1/uploads/**', async (route) => {
    const request = route.request();
    if (request.method() !== 'PATCH') return route.continue();
    if (++patches > 1) return route.continue();
    await held;
    return route.abort();
  });
  host.on('requestfinished', (request) => {
    if (request.url().includes('/api/v1/uploads') && ['POST', 'PATCH'].includes(request.method())) sizes.push(Number(request.headers()['upload-offset'] ?? 0));
  });
  const bytes = Buffer.alloc(20_000_000, 'not pressed together ');
  await attach(host, { name: 'measurements.bin', mimeType: 'application/octet-stream', buffer: bytes });
  const progress = host.getByRole('progressbar', { name: 'Upload of measurements.bin' });
  await expect.poll(() => progress.evaluate((bar: HTMLProgressElement) => bar.value)).toBeGreaterThan(0.4);
  await expect(sendButton(host)).toBeDisabled();
  await host.screenshot({ path: 'test-results/files_upload.png' });
  letGo();
  await expect(progress).toHaveCount(0);
  await sendButton(host).click();
  const link = host.getByRole('link', { name: 'Download measurements.bin' });
  await expect(link).toBeVisible();
  await expect(messages(host)).toContainText('20 MB');
  expect(sizes).toEqual([0, 8 * 1024 * 1024, 16 * 1024 * 1024]);
  expect((await download(host, link)).bytes.equals(bytes)).toBe(true);
});

test('MSG-2: a file too large for the server says so before it is sent, and can be taken back', async ({ server }) => {
  const { host } = await openHost(server);
  await attach(host, { name: 'film.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(27 * 1024 * 1024) });
  await expect(host.getByText('The file is larger than this server takes.')).toBeVisible();
  await expect(sendButton(host)).toBeDisabled();
  await host.getByRole('button', { name: 'Remove film.bin' }).click();
  await expect(host.getByRole('list', { name: 'Files of this message' })).toHaveCount(0);
});

/** Speaks for a good second. */
async function sendVoice(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Record a voice message' }).click();
  await expect(page.locator('.recorder .clock')).toHaveText('0:02');
  await page.getByRole('button', { name: 'Send voice message' }).click();
}

/** Plays the newest voice message that `page` shows, until its time moves. */
async function expectPlays(page: Page): Promise<void> {
  const voice = messages(page).last().getByRole('group', { name: 'Voice message' });
  await expect(voice.locator('.clock')).toHaveText(/^0:0[1-9]$/);
  await expect(voice.locator('.waveform rect').first()).toBeVisible();
  await voice.getByRole('button', { name: 'Play voice message' }).click();
  const audio = voice.locator('audio');
  await expect.poll(() => audio.evaluate((element: HTMLAudioElement) => element.currentTime)).toBeGreaterThan(0.2);
  expect(await audio.evaluate((element: HTMLAudioElement) => element.duration)).toBeGreaterThan(1);
}

/** How far the others have listened, as the server says. */
const playedSeqs = (page: Page): Promise<number[]> =>
  page.evaluate(async () => {
    const { items } = await (await fetch('/api/v1/communities')).json();
    const channels = await (await fetch(`/api/v1/communities/${items[0].id}/channels`)).json();
    const { id } = channels.items.find(({ name }: { name: string }) => name === 'lobby');
    const receipts = await (await fetch(`/api/v1/conversations/${id}/receipts`)).json();
    return receipts.items.map(({ playedSeq }: { playedSeq: number }) => playedSeq);
  });

test('MSG-3: what is recorded in Chromium is heard in Firefox, and the other way round', async ({ server }) => {
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
    await openChannel(page);

    await sendVoice(host);
    await expect(messages(page)).toHaveCount(1);
    await expectPlays(page);
    await expect.poll(async () => Math.max(...(await playedSeqs(host)))).toBe(1);

    await sendVoice(page);
    await expect(messages(host)).toHaveCount(2);
    await expectPlays(host);
    await host.screenshot({ path: 'test-results/files_voice.png' });
  } finally {
    await firefox.close();
  }
});

test('MSG-3: a recording that is discarded is sent to nobody', async ({ server }) => {
  const { host } = await openHost(server);
  await host.getByRole('button', { name: 'Record a voice message' }).click();
  await expect(host.getByText('Recording…')).toBeVisible();
  await host.screenshot({ path: 'test-results/files_recording.png' });
  await host.getByRole('button', { name: 'Discard' }).click();
  await expect(host.getByLabel(`Message in ${channel}`)).toBeVisible();
  await expect(messages(host)).toHaveCount(0);
});

test('MSG-2: files are pasted and dropped where the message is written', async ({ server }) => {
  const { host } = await openHost(server);
  const bring = (name: string, kind: 'paste' | 'drop'): Promise<void> =>
    host.getByLabel(`Message in ${channel}`).evaluate(
      (target, given) => {
        const data = new DataTransfer();
        data.items.add(new File(['some words'], given.name, { type: 'text/plain' }));
        const init = { bubbles: true, cancelable: true };
        const event = given.kind === 'paste' ? new ClipboardEvent('paste', { ...init, clipboardData: data }) : new DragEvent('drop', { ...init, dataTransfer: data });
        target.dispatchEvent(event);
      },
      { name, kind },
    );
  await bring('pasted.txt', 'paste');
  await bring('dropped.txt', 'drop');
  await expect(host.getByRole('list', { name: 'Files of this message' }).getByRole('listitem')).toContainText(['pasted.txt', 'dropped.txt']);
  await sendButton(host).click();
  for (const name of ['pasted.txt', 'dropped.txt']) await expect(host.getByRole('link', { name: `Download ${name}` })).toBeVisible();
  await expect(messages(host)).toHaveCount(1);
});
