// The back end of an app that uses Parley: makes its user here, gets a token for him, and is told what happens.
// Node 20, nothing else:   PARLEY_KEY=pk_... node backend.mjs      (see docs/backend.md)
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { PARLEY_URL = 'http://127.0.0.1:7880', PARLEY_KEY, PORT = '3000', HOST = '127.0.0.1' } = process.env;

async function parley(method, path, body) {
  const headers = { authorization: `Bearer ${PARLEY_KEY}`, 'content-type': 'application/json' };
  const answer = await fetch(`${PARLEY_URL}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Standard Webhooks: one of the signatures is ours, over exactly these bytes, and not older than five minutes. */
function isFromParley({ 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': given = '' }, body, secret) {
  if (!(Math.abs(Date.now() / 1000 - Number(at)) < 300)) return false;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const wanted = Buffer.from(`v1,${createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest('base64')}`);
  return given.split(' ').map((text) => Buffer.from(text)).some((one) => one.length === wanted.length && timingSafeEqual(one, wanted));
}

let hook;
const seen = new Set(); // Deliveries may come twice: in a real app a table, written with what the event changes.
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  if (!isFromParley(request.headers, body, hook.secret)) return response.writeHead(401).end();
  response.writeHead(204).end();
  if (seen.has(request.headers['webhook-id'])) return;
  seen.add(request.headers['webhook-id']);
  console.log('event', body.toString());
});
server.listen(Number(PORT), HOST, async () => {
  // Once in the life of an app; keep its secret where the API key is.
  hook = await parley('POST', '/webhooks/endpoints', { url: `http://${HOST}:${server.address().port}/` });
  console.log('endpoint', hook.id, hook.url);
  const user = await parley('PUT', '/external-users/customer-7', { displayName: 'Ayşe', locale: 'tr' });
  const { accessToken } = await parley('POST', '/external-users/customer-7/tokens', {});
  console.log('user', user.id, accessToken); // The token is for the app of this user, which calls Parley with it.
});
