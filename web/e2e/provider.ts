import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { createRequire } from 'node:module';
import { webRoot } from './harness';
import { Server } from '../../tests/interop/server.mjs';
import { freePort } from '../../tests/interop/support.mjs';

/** A certified provider that is not ours; a dependency of the interop tests. */
const interop = createRequire(new URL('../../tests/interop/package.json', import.meta.url));
const { default: Provider } = await import(interop.resolve('oidc-provider'));

const secret = 'a secret of the client';

/** Runs `use` with a server that lets people sign in by an identity provider, which knows everybody. */
export async function withProvider(use: (server: Server) => Promise<void>): Promise<void> {
  const [idPort, port] = [await freePort(), await freePort()];
  const site = `http://127.0.0.1:${port}`;
  const issuer = `http://127.0.0.1:${idPort}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'parley', client_secret: secret, redirect_uris: [`${site}/api/v1/auth/oidc/callback`] }],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['for tests'] },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, name: `${id} K.`, preferred_username: id }) }),
  });
  const listening: HttpServer = provider.listen(idPort, '127.0.0.1');
  await once(listening, 'listening');
  const env = { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'parley', OIDC_CLIENT_SECRET: secret, FRONTEND_URL: site };
  try {
    const server = await Server.start(['--web-root', webRoot], { port, env, logName: 'provider' });
    try {
      await use(server);
    } finally {
      await server.stop();
    }
  } finally {
    listening.closeAllConnections();
    listening.close();
  }
}
