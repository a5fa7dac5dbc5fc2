import { fileURLToPath } from 'node:url';
import { chromium, expect, firefox, test as base, type Browser, type Page } from '@playwright/test';
import { toneFile, videoFile, type Persona } from './media';
import { Server } from '../../tests/interop/server.mjs';

export { expect };

const firefoxPrefs = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
};

/** A Chromium whose camera and microphone are those of `persona`; they belong to the process, so one each. */
export function launchChromium(persona: Persona): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/lib/chromium/chromium',
    args: [
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      `--use-file-for-fake-audio-capture=${toneFile(persona)}`,
      `--use-file-for-fake-video-capture=${videoFile(persona)}`,
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/** Firefox makes its own fake picture and tone. */
export function launchFirefox(): Promise<Browser> {
  return firefox.launch({
    channel: 'moz-firefox',
    executablePath: '/usr/bin/firefox-esr',
    firefoxUserPrefs: firefoxPrefs,
  });
}

/** The app of this checkout, wherever the program is from. */
export const webRoot = fileURLToPath(new URL('../dist', import.meta.url));

/** A server of its own for each test. */
export const test = base.extend<{ flags: string[]; server: Server }>({
  flags: [[], { option: true }],
  server: async ({ flags }, use, info) => {
    const server = await Server.start(['--web-root', webRoot, ...flags], { logName: info.title.replace(/\W+/g, '-') });
    try {
      await use(server);
    } finally {
      await server.stop();
    }
  },
});

export interface JoinOptions {
  room?: string;
  mode?: 'single' | 'dual';
}

/** Opens the page as a person would: types a name, presses Join, waits until the call stands. */
export async function joinCall(browser: Browser, server: Server, name: string, options: JoinOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US' });
  const page = await context.newPage();
  await enterCall(page, server, name, options);
  return page;
}

export async function enterCall(page: Page, server: Server, name: string, options: JoinOptions = {}): Promise<void> {
  await page.goto(`${server.http}/?room=${options.room ?? 'test'}&pc=${options.mode ?? 'single'}`);
  await page.getByLabel('Your name').click();
  // Typed key by key: React does not see what Playwright fills in Firefox.
  await page.getByLabel('Your name').pressSequentially(name);
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(page.getByRole('status')).toContainText('in the call');
}

/** Frames decoded of all remote videos, and what the browser says of its connections. */
export interface CallStats {
  framesDecoded: number;
  audioBytes: number;
  connections: number;
}

export function readStats(page: Page): Promise<CallStats> {
  return page.evaluate(async () => {
    const room = window.__parley?.room;
    const stats = { framesDecoded: 0, audioBytes: 0, connections: 0 };
    if (!room) return stats;
    for (const participant of room.remoteParticipants.values()) {
      for (const publication of participant.trackPublications.values()) {
        const report = await publication.track?.getRTCStatsReport();
        report?.forEach((entry) => {
          if (entry.type !== 'inbound-rtp') return;
          if (entry.kind === 'video') stats.framesDecoded += entry.framesDecoded ?? 0;
          if (entry.kind === 'audio') stats.audioBytes += entry.bytesReceived ?? 0;
        });
      }
    }
    stats.connections = room.engine.pcManager?.subscriber && room.engine.pcManager.subscriber !== room.engine.pcManager.publisher ? 2 : 1;
    return stats;
  });
}

/** Waits until both media keep coming. */
export async function expectMediaFlows(page: Page): Promise<void> {
  const before = await readStats(page);
  await expect.poll(async () => (await readStats(page)).framesDecoded, { message: 'frames decoded' }).toBeGreaterThan(before.framesDecoded + 15);
  await expect.poll(async () => (await readStats(page)).audioBytes, { message: 'audio bytes' }).toBeGreaterThan(before.audioBytes + 2000);
}

/** The middle pixel of the remote picture whose tile is named `name`. */
export function readPixel(page: Page, name: string): Promise<number[]> {
  return page.evaluate((wanted) => {
    const tile = [...document.querySelectorAll('.tile')].find((t) => t.getAttribute('aria-label')?.startsWith(wanted));
    const video = tile?.querySelector('video');
    if (!video || video.videoWidth === 0) return [];
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const context = canvas.getContext('2d');
    context?.drawImage(video, 0, 0);
    return [...(context?.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data ?? [])].slice(0, 3);
  }, name);
}

export async function expectColor(page: Page, persona: Persona): Promise<void> {
  await expect
    .poll(async () => {
      const pixel = await readPixel(page, persona.name);
      return pixel.length === 3 && pixel.every((value, i) => Math.abs(value - (persona.rgb[i] ?? 0)) < 40);
    }, { message: `${persona.name} is ${persona.color}` })
    .toBe(true);
}

/** The strongest frequency of the first remote audio track within a second, in Hz; 0 when it is silent. */
export function readTone(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const room = window.__parley?.room;
    const participant = [...(room?.remoteParticipants.values() ?? [])][0];
    const track = [...(participant?.audioTrackPublications.values() ?? [])][0]?.track?.mediaStreamTrack;
    if (!track) return 0;
    const context = new AudioContext();
    await context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    analyser.smoothingTimeConstant = 0;
    const bins = new Float32Array(analyser.frequencyBinCount);
    const started = context.currentTime;
    let loudest = -80;
    let hertz = 0;
    while (context.currentTime - started < 1) {
      await new Promise(requestAnimationFrame);
      analyser.getFloatFrequencyData(bins);
      const level = Math.max(...bins);
      if (level <= loudest) continue;
      loudest = level;
      hertz = (bins.indexOf(level) * context.sampleRate) / analyser.fftSize;
    }
    await context.close();
    return hertz;
  });
}

export async function expectTone(page: Page, persona: Persona): Promise<void> {
  await expect
    .poll(async () => Math.abs((await readTone(page)) - persona.tone) < 30, { message: `${persona.name} sounds at ${persona.tone} Hz` })
    .toBe(true);
}
