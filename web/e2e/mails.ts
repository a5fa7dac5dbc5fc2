import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from './harness';
import type { Server } from '../../tests/interop/server.mjs';

/** The texts of the mails that a development server has written into its folder, the oldest first. */
function readMails(server: Server): string[] {
  const folder = join(server.data, 'mail');
  let names: string[] = [];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.eml'));
  } catch {
    // The folder is made with the first mail.
  }
  return names.sort().map((name) => {
    const [, body = ''] = readFileSync(join(folder, name), 'utf8').split(/\r?\n\r?\n/, 2);
    return Buffer.from(body, 'base64').toString('utf8');
  });
}

/** The address behind the link of the `count`-th mail, once there are so many. */
export async function readLink(server: Server, count = 1): Promise<string> {
  await expect.poll(() => readMails(server).length, { message: 'mails' }).toBe(count);
  const path = /\/[a-z-]+#token=\S+/.exec(readMails(server)[count - 1] ?? '')?.[0];
  return `${server.http}${path}`;
}
