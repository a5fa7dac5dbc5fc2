// Webhooks as the back end of somebody's app gets them: by docs/examples/backend.mjs, run as it stands, and by receivers
// that are down, slow or gone.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { App, Receiver, startApp } from './backend_support.mjs';
import { Server } from './server.mjs';
import { eventually } from './support.mjs';

const example = fileURLToPath(new URL('../../docs/examples/backend.mjs', import.meta.url));
const range = (count) => Array.from({ length: count }, (_, i) => `${i}`);

describe('the example in the docs', () => {
  let app, child, hookUrl;
  let output = '';
  const lines = (word) => output.split('\n').filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  beforeAll(async () => {
    app = await startApp();
    const env = { ...process.env, PARLEY_URL: app.server.http, PARLEY_KEY: app.key, PORT: '0' };
    child = spawn(process.execPath, [example], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk) => (output += chunk));
    hookUrl = (await eventually(() => lines('endpoint')[0], 'the example has made its endpoint')).split(' ')[1];
  });
  afterAll(async () => {
    child.kill();
    await app.server.stop();
  });

  it('makes its user, and the token that it gets is that of the user', async () => {
    const [id, token] = (await eventually(() => lines('user')[0], 'the example has made its user')).split(' ');
    const me = await new App(app.server, token).ask('GET', '/users/me');
    expect(me).toMatchObject({ id, displayName: 'Ayşe', externalId: 'customer-7' });
  });

  it('is told of it, and of what follows, without anything that is secret', async () => {
    await app.ask('PUT', '/external-users/customer-7', { displayName: 'Ayşe Y.', email: 'ayse@example.com' });
    const events = await eventually(() => lines('event').length >= 2 && lines('event'), 'the example is told');
    expect(events.map((text) => JSON.parse(text)).map(({ type, data }) => [type, data.displayName])).toEqual([
      ['user.created', 'Ayşe'],
      ['user.updated', 'Ayşe Y.'],
    ]);
    expect(events.join()).not.toMatch(/ayse@example|pa_|pk_|whsec_/);
  });

  it('refuses what is not signed, or signed by another, or altered', async () => {
    const post = async (headers, body) => (await fetch(hookUrl, { method: 'POST', headers, body })).status;
    // What is signed for the example, caught on its way.
    const receiver = await new Receiver().open();
    const [endpoint] = (await app.ask('GET', '/webhooks/endpoints')).items;
    await app.ask('PATCH', `/webhooks/endpoints/${endpoint.id}`, { url: receiver.url });
    await app.ask('POST', `/webhooks/endpoints/${endpoint.id}/test`);
    const { headers, body } = await eventually(() => receiver.requests[0], 'the test is caught');
    await receiver.close();
    const good = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('webhook-')));
    const forged = createHmac('sha256', 'guessed').update(`${good['webhook-id']}.${good['webhook-timestamp']}.${body}`).digest('base64');
    const before = lines('event').length;
    expect(await post({}, body)).toBe(401);
    expect(await post({ ...good, 'webhook-signature': `v1,${forged}` }, body)).toBe(401);
    expect(await post({ ...good, 'webhook-signature': 'v1,AAAA v2,x' }, body)).toBe(401);
    expect(await post({ ...good, 'webhook-timestamp': `${Number(good['webhook-timestamp']) - 1}` }, body)).toBe(401);
    expect(await post({ ...good, 'webhook-timestamp': 'soon' }, body)).toBe(401);
    expect(await post({ ...good, 'webhook-id': 'other' }, body)).toBe(401);
    expect(await post(good, `${body} `)).toBe(401);
    expect(lines('event').length).toBe(before);
    expect(await post(good, body)).toBe(204);
  });
});

describe('webhooks', () => {
  let app;
  const receivers = [];
  const receive = async (more) => {
    const receiver = await new Receiver().open();
    receivers.push(receiver);
    return { receiver, endpoint: await app.listen(receiver.url, more) };
  };
  beforeAll(async () => {
    app = await startApp();
  });
  afterEach(async () => {
    for (const { id } of (await app.ask('GET', '/webhooks/endpoints')).items) await app.ask('DELETE', `/webhooks/endpoints/${id}`);
    await Promise.all(receivers.splice(0).map((receiver) => receiver.close().catch(() => {})));
  });
  afterAll(() => app.server.stop());

  it('reach a receiver that was down, all of them, each user’s in order', async () => {
    const { receiver, endpoint } = await receive();
    await receiver.close();
    for (const name of range(8)) await Promise.all(['down-1', 'down-2', 'down-3'].map((user) => app.rename(user, name)));
    await eventually(async () => (await app.deliveries(endpoint)).some((one) => one.attempts > 0), 'an attempt fails');
    await receiver.open(receiver.port);
    await eventually(async () => (await app.deliveries(endpoint, '&state=delivered')).length === 24, 'all are delivered');
    expect(Object.values(receiver.names())).toEqual([range(8), range(8), range(8)]);
    const [first] = (await app.deliveries(endpoint)).slice(-1);
    const { lastAttempts } = await app.delivery(endpoint, first.id);
    expect(lastAttempts.length).toBeGreaterThan(1);
    expect(lastAttempts.at(-1)).toMatchObject({ number: 1, status: null, error: 'unreachable' });
    expect(lastAttempts[0]).toMatchObject({ status: 200, error: null });
  });

  it('follow no redirect, tell the status of each attempt, and are replayed under the same id', async () => {
    const { receiver, endpoint } = await receive();
    const elsewhere = await receive({ eventTypes: ['ban.added'] });
    receiver.status = 302;
    receiver.headers = { location: elsewhere.receiver.url };
    const { id } = await app.ask('POST', `/webhooks/endpoints/${endpoint.id}/test`);
    await eventually(async () => (await app.delivery(endpoint, id)).attempts > 0, 'the first attempt is written down');
    receiver.status = 200;
    await eventually(async () => (await app.delivery(endpoint, id)).state === 'delivered', 'a later one delivers');
    const before = receiver.requests.length;
    await app.ask('POST', `/webhooks/endpoints/${endpoint.id}/deliveries/${id}/replay`);
    await eventually(() => receiver.requests.length > before, 'it arrives again');
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([id]));
    const { lastAttempts } = await eventually(async () => {
      const told = await app.delivery(endpoint, id);
      return told.state === 'delivered' && told;
    }, 'the replay is written down');
    expect(lastAttempts.at(-1).status).toBe(302);
    expect(elsewhere.receiver.requests).toEqual([]);
  });

  it('end with 410, and what failed is replayed once the endpoint is enabled', async () => {
    const { receiver, endpoint } = await receive();
    receiver.status = 410;
    const since = new Date(Date.now() - 1000).toISOString();
    await app.rename('gone-1', 'a');
    const gone = () => app.ask('GET', `/webhooks/endpoints/${endpoint.id}`);
    await eventually(async () => !(await gone()).isEnabled, 'the endpoint is disabled');
    expect((await gone()).disabledReason).toBe('gone');
    receiver.status = 204;
    await app.ask('PATCH', `/webhooks/endpoints/${endpoint.id}`, { isEnabled: true });
    const replayed = await app.ask('POST', `/webhooks/endpoints/${endpoint.id}/deliveries/replay-failed`, { since });
    expect(replayed).toEqual({ replayed: 1, isComplete: true });
    await eventually(() => receiver.requests.length === 2, 'it arrives after all');
  });

  it('to one endpoint are not delayed by another that never answers', async () => {
    const slow = await receive();
    const quick = await receive();
    slow.receiver.status = 0;
    for (const name of range(20)) await app.rename(`slow-${name}`, name);
    await eventually(() => slow.receiver.requests.length >= 4, 'the slow one has its hands full');
    const from = performance.now();
    await app.rename('quick', 'now');
    await eventually(() => JSON.stringify(quick.receiver.names()).includes('"now"'), 'the quick one is told');
    const took = Math.round(performance.now() - from);
    console.log(`the quick one is told after ${took} ms`);
    expect(took).toBeLessThan(2000);
    expect(slow.receiver.requests.length).toBe(4);
  });

  it('show in the metrics', async () => {
    const { receiver, endpoint } = await receive();
    await app.ask('POST', `/webhooks/endpoints/${endpoint.id}/test`);
    await eventually(() => receiver.requests.length === 1, 'the test arrives');
    await eventually(async () => {
      const text = await (await fetch(`${app.server.http}/metrics`)).text();
      expect(text).toMatch(/^parley_webhook_deliveries_waiting \d+$/m);
      return /^parley_webhook_deliveries_total\{outcome="delivered"\} [1-9]/m.test(text);
    }, 'a delivery is counted');
  });
});

describe('after kill -9', () => {
  const restart = async (app) => {
    const { port, data } = app.server;
    await app.server.stop('SIGKILL');
    app.server = await Server.start([], { port, data });
  };

  it('in the middle of everything, all that was acknowledged arrives, each user’s in order', { timeout: 60_000 }, async () => {
    const app = await startApp();
    const receiver = await new Receiver().open();
    await app.listen(receiver.url);
    const acknowledged = [0, 0];
    const rename = async (index) => {
      while (await app.rename(`kill-${index}`, `${acknowledged[index]}`).catch(() => null)) ++acknowledged[index];
    };
    const burst = Promise.all([rename(0), rename(1)]);
    await eventually(() => acknowledged.every((count) => count > 10), 'the burst has begun');
    await restart(app);
    await burst;
    const isThere = () => {
      const names = Object.values(receiver.names());
      return names.length === 2 && names.every((one) => one.length >= Math.min(...acknowledged)) && names.some((one) => one.length >= Math.max(...acknowledged)) && names;
    };
    const names = await eventually(isThere, 'all are delivered', 40_000);
    for (const one of names) expect(one).toEqual(range(one.length));
    console.log(`${acknowledged} acknowledged, ${names.map((one) => one.length)} received`);
    await receiver.close();
    await app.server.stop();
  });

  it('what nobody had been there to take arrives', { timeout: 60_000 }, async () => {
    const app = await startApp();
    const receiver = await new Receiver().open();
    const endpoint = await app.listen(receiver.url);
    await receiver.close();
    for (const name of range(10)) await app.rename('kill', name);
    await restart(app);
    await receiver.open(receiver.port);
    await eventually(async () => (await app.deliveries(endpoint, '&state=delivered')).length === 10, 'all are delivered', 40_000);
    expect(Object.values(receiver.names())).toEqual([range(10)]);
    await receiver.close();
    await app.server.stop();
  });

  it('what was being delivered is delivered again, under the same id', { timeout: 60_000 }, async () => {
    const app = await startApp();
    const receiver = await new Receiver().open();
    receiver.status = 0;
    const endpoint = await app.listen(receiver.url);
    await app.rename('cut-off', 'a');
    await eventually(() => receiver.requests.length === 1, 'it is being delivered');
    receiver.status = 200;
    await restart(app);
    await eventually(async () => (await app.deliveries(endpoint, '&state=delivered')).length === 1, 'it is delivered', 40_000);
    const ids = receiver.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(1);
    await receiver.close();
    await app.server.stop();
  });
});
