// Files as apps use them: the stock tus client, forms, pictures, voice, S3; with crashes, and clients that mean harm.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gathering } from './gathering.mjs';
import { Person } from './person.mjs';
import { Server } from './server.mjs';
import { eventually } from './support.mjs';

const S3rver = createRequire(import.meta.url)('s3rver');
const chunk = 8 * 1024 * 1024;
const place = mkdtempSync(join(tmpdir(), 'parley-files-'));
let gathering;
let server;
let owner;
let guest;

beforeAll(async () => {
  gathering = await Gathering.start();
  ({ server, owner, guest } = gathering);
});
afterAll(async () => {
  await gathering?.stop();
  rmSync(place, { recursive: true });
});

const ffmpeg = (...args) => execFileSync('ffmpeg', ['-y', '-loglevel', 'error', ...args]);
const bearer = (person) => ({ authorization: `Bearer ${person.token}` });

function post(person, bytes, name, fields = {}) {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append('file', new Blob([bytes]), name);
  return fetch(`${person.server.http}/api/v1/files`, { method: 'POST', headers: bearer(person), body: form });
}
/** The file once it was looked at. */
async function looked(person, id) {
  return eventually(async () => {
    const { body } = await person.ask('GET', `/files/${id}`);
    return ['ready', 'refused'].includes(body.state) && body;
  }, `file ${id} is looked at`, 30_000);
}
async function fetched(person, id, query = '') {
  const answer = await fetch(`${person.server.http}/api/v1/files/${id}/content${query}`, { headers: bearer(person) });
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}
/** Uploads with the stock client; resolves to the upload's address. */
function tus(person, bytes, options = {}) {
  return new Promise((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint: `${person.server.http}/api/v1/uploads`,
      headers: bearer(person),
      chunkSize: chunk,
      metadata: { filename: 'bytes.bin' },
      retryDelays: [100, 200, 400, 800],
      onError: reject,
      onSuccess: () => resolve(upload.url),
      ...options,
    });
    upload.start();
  });
}
const id = (url) => url.slice(url.lastIndexOf('/') + 1);

/** A JPEG that tells where it was taken: an APP1 segment of its own behind the first marker. */
function photograph() {
  const path = join(place, 'a.jpg');
  ffmpeg('-f', 'lavfi', '-i', 'testsrc=size=1600x900', '-frames:v', '1', path);
  const plain = readFileSync(path);
  const gps = Buffer.concat([
    Buffer.from('Exif\0\0MM\0*\0\0\0\x08', 'latin1'),
    Buffer.from([0, 1, 0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 26, 0, 0, 0, 0]), // IFD0: where the GPS one is.
    Buffer.from([0, 1, 0, 1, 0, 2, 0, 0, 0, 2, 0x4e, 0, 0, 0, 0, 0, 0, 0]), // GPSLatitudeRef: N.
    Buffer.from('41 degrees north'),
  ]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(gps.length + 2, 2);
  return Buffer.concat([plain.subarray(0, 2), head, gps, plain.subarray(2)]);
}

describe('pictures', () => {
  it('MSG-2: a photograph reaches the others small and large, without the place where it was taken', async () => {
    const bytes = photograph();
    expect(bytes.includes('41 degrees north')).toBe(true);
    const { id: file } = await (await post(owner, bytes, 'yaz şəkli.jpg')).json();
    const conversation = await owner.do('POST', '/direct-conversations', { userId: guest.id });
    const listener = await gathering.listen(guest);
    await listener.next('ready');
    await owner.do('POST', `/conversations/${conversation.id}/messages`, { attachments: [file] });
    const view = await looked(owner, file);
    expect(view).toMatchObject({ state: 'ready', kind: 'image', contentType: 'image/jpeg', width: 1600, height: 900, name: 'yaz şəkli.jpg' });
    expect(view.blurhash).toMatch(/^.{28}$/);
    const original = await fetched(guest, file);
    expect(original.includes('Exif')).toBe(false);
    expect(original.includes('41 degrees north')).toBe(false);
    const small = await fetched(guest, file, '?form=small');
    expect(small.length).toBeLessThan(original.length / 4);
    expect(small.subarray(8, 12).toString()).toBe('WEBP');
    // Whether it was told with the message or after it depends on who was first.
    const messages = await guest.do('GET', `/conversations/${conversation.id}/messages`);
    expect(messages.items[0].attachments[0]).toEqual(view);
    gathering.hangUp();
  });

  it('MSG-2: what pretends to be a picture is refused with a reason, or is no picture', async () => {
    const broken = await (await post(owner, photograph().subarray(0, 4000), 'half.jpg')).json();
    expect(await looked(owner, broken.id)).toMatchObject({ state: 'refused', problem: 'media_unreadable' });
    const page = await (await post(owner, '<!doctype html><script>alert(1)</script>', 'a.png')).json();
    await looked(owner, page.id);
    const answer = await fetch(`${server.http}/api/v1/files/${page.id}/content`, { headers: bearer(owner) });
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    await answer.arrayBuffer();
  });
});

describe('voice', () => {
  it.each([
    ['webm', ['-c:a', 'libopus'], 'audio/webm'],
    ['ogg', ['-c:a', 'libopus'], 'audio/ogg'],
    ['m4a', ['-c:a', 'aac', '-movflags', 'frag_keyframe+empty_moov'], 'audio/mp4'],
  ])('MSG-3: a %s recording has its length, its shape and a form for every engine', async (kind, codec, type) => {
    const path = join(place, `voice.${kind}`);
    ffmpeg('-f', 'lavfi', '-i', 'sine=frequency=440:duration=3', ...codec, path);
    const { id: file } = await (await post(owner, readFileSync(path), `voice.${kind}`, { voice: 'true' })).json();
    const view = await looked(owner, file);
    expect(view).toMatchObject({ state: 'ready', isVoice: true, kind: 'audio', contentType: type });
    expect(view.durationMs).toBeGreaterThan(2900);
    expect(view.durationMs).toBeLessThan(3200);
    expect(Buffer.from(view.waveform, 'base64').length).toBeGreaterThanOrEqual(64);
    const form = view.forms.some((one) => one.role === 'playable') ? 'playable' : 'original';
    writeFileSync(join(place, 'playable.m4a'), await fetched(owner, file, `?form=${form}`));
    const codecs = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', join(place, 'playable.m4a')]);
    expect(codecs.toString().trim()).toBe('aac');
  });
});

describe('tus', () => {
  it('carries a file in chunks with the stock client, and tells its owner when it is ready', async () => {
    const listener = await gathering.listen(owner);
    await listener.next('ready');
    const bytes = randomBytes(20 * 1024 * 1024);
    const file = id(await tus(owner, bytes));
    const told = await listener.next('fileUpdated');
    expect(told).toMatchObject({ id: file, state: 'ready', size: bytes.length });
    expect((await fetched(owner, file)).equals(bytes)).toBe(true);
    gathering.hangUp();
  });

  it('goes on after kill -9 of the server where it stopped, and nothing is lost', { timeout: 60_000 }, async () => {
    let mine = await Server.start();
    const person = await Person.register(mine, 'devam');
    const bytes = randomBytes(3 * chunk);
    let url;
    await new Promise((resolve) => {
      const upload = new Upload(bytes, {
        endpoint: `${mine.http}/api/v1/uploads`,
        headers: bearer(person),
        chunkSize: chunk,
        retryDelays: null,
        onChunkComplete: async () => {
          url = upload.url;
          await upload.abort();
          resolve();
        },
      });
      upload.start();
    });
    await mine.stop('SIGKILL');
    mine = await Server.start([], { data: mine.data, port: mine.port });
    let begun;
    await tus(person, bytes, { uploadUrl: url, onProgress: (sent) => (begun ??= sent) });
    expect(begun).toBeGreaterThanOrEqual(chunk);
    expect((await looked(person, id(url))).state).toBe('ready');
    expect((await fetched(person, id(url))).equals(bytes)).toBe(true);
    await mine.stop();
  });
});

describe('harm', () => {
  const resident = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]);

  it('an upload of 1 GB is refused before it is sent, also when nobody says how large it is', async () => {
    const before = resident();
    for (const length of ['Content-Length: 1073741824', 'Transfer-Encoding: chunked']) {
      const socket = connect(server.port, '127.0.0.1');
      const lines = [`POST /api/v1/files HTTP/1.1`, 'Host: a', `Authorization: Bearer ${owner.token}`, 'Content-Type: multipart/form-data; boundary=b', length];
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      let answer = '';
      socket.on('data', (data) => (answer += data));
      const ended = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => {});
      const piece = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000), Buffer.from('\r\n')]);
      let sent = 0;
      const pump = () => {
        while (!socket.destroyed && sent < 1100 && socket.write(piece)) sent++;
      };
      socket.on('drain', pump);
      pump();
      await ended;
      expect(answer).toMatch(/^HTTP\/1.1 413 /);
      expect(answer).toContain('body_too_large');
      expect(sent).toBeLessThan(200);
    }
    expect(resident() - before).toBeLessThan(50_000);
  });

  it('readers that stop reading cost the server little, and others nothing', { timeout: 60_000 }, async () => {
    const file = id(await tus(owner, randomBytes(20 * 1024 * 1024)));
    await looked(owner, file);
    const before = resident();
    const slow = Array.from({ length: 40 }, () => {
      const socket = connect(server.port, '127.0.0.1');
      socket.write(`GET /api/v1/files/${file}/content HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${owner.token}\r\n\r\n`);
      socket.once('data', () => socket.pause());
      socket.on('error', () => {});
      return socket;
    });
    expect((await fetched(guest, (await (await post(guest, 'small', 'a')).json().then((made) => looked(guest, made.id))).id)).toString()).toBe('small');
    // All of them at once would be 800 MB.
    expect(resident() - before).toBeLessThan(100_000);
    for (const socket of slow) socket.destroy();
  });
});

describe('a scanner', () => {
  it('refuses what a real clamd knows, and files wait while it is away', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-clamav-'));
    // A signature of our own: the words "parley test virus".
    writeFileSync(join(folder, 'own.ndb'), `Parley.Test:0:*:${Buffer.from('parley test virus').toString('hex')}\n`);
    const socket = join(folder, 'clamd.sock');
    const settings = { LocalSocket: socket, DatabaseDirectory: folder, Foreground: 'yes', User: process.env.USER ?? 'root' };
    writeFileSync(join(folder, 'clamd.conf'), Object.entries(settings).map((pair) => pair.join(' ')).join('\n'));
    const mine = await Server.start(['--files-clamav', socket]);
    const person = await Person.register(mine, 'temiz');
    const early = await (await post(person, 'nothing bad', 'a')).json();
    expect((await person.ask('GET', `/files/${early.id}`)).body.state).toBe('processing');
    const clamd = spawn('clamd', ['-c', join(folder, 'clamd.conf')], { stdio: 'ignore' });
    const bad = await (await post(person, 'a parley test virus', 'b')).json();
    expect(await looked(person, bad.id)).toMatchObject({ state: 'refused', problem: 'file_infected' });
    expect((await looked(person, early.id)).state).toBe('ready');
    const ended = new Promise((resolve) => clamd.once('exit', resolve));
    clamd.kill();
    await ended;
    await mine.stop();
    rmSync(folder, { recursive: true });
  });
});

describe('S3', () => {
  it("files are in the bucket of the seeds' variables, and come from there", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-s3-'));
    const s3 = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: folder, configureBuckets: [{ name: 'files' }] });
    const { port } = await s3.run();
    const env = { AWS_BUCKET_NAME: 'files', AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` };
    const mine = await Server.start([], { env });
    const person = await Person.register(mine, 'bulut');
    const bytes = randomBytes(10 * 1024 * 1024);
    const file = id(await tus(person, bytes));
    expect((await looked(person, file)).state).toBe('ready');
    expect(readdirSync(join(folder, 'files')).length).toBeGreaterThan(0);
    expect((await fetched(person, file)).equals(bytes)).toBe(true);
    const part = await fetch(`${mine.http}/api/v1/files/${file}/content`, { headers: { ...bearer(person), range: 'bytes=9000000-9000009' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(9000000, 9000010))).toBe(true);
    // The storage goes away: files that come wait for it, nothing is lost, and who asks is told.
    await s3.close();
    const refused = await post(person, 'later', 'a');
    expect(refused.status).toBe(503);
    expect((await refused.json()).code).toMatch(/storage_unavailable|deadline_exceeded/);
    await mine.stop();
    rmSync(folder, { recursive: true });
  });
});
