import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../api/client';
import { FakeServer, json, problem } from '../api/fake_server';
import { ParleyApi } from '../api/parley';
import { AccountModel } from './account';
import { SessionModel } from './session';

const me = 'GET /api/v1/users/me';
const ada = { id: 'u1', username: 'ada', displayName: 'Ada', hasPassword: true };

describe('AccountModel', () => {
  let server: FakeServer;
  let session: SessionModel;
  let account: AccountModel;
  let files: [string, string][];

  beforeEach(async () => {
    server = new FakeServer().on(me, () => json(200, ada));
    const api = new ParleyApi(new ApiClient(server.fetch, () => 'en'));
    session = new SessionModel(api, { get: () => true, set: () => {} });
    await session.open();
    files = [];
    account = new AccountModel(api, session, (name, text) => files.push([name, text]));
  });

  it('shows a changed name everywhere, and clears what was emptied', async () => {
    server.on('PATCH /api/v1/users/me', () => json(200, { ...ada, displayName: 'Ada L.' }));
    await account.saveProfile({ displayName: ' Ada L. ', statusText: ' ', locale: 'tr' });
    expect(server.seen.at(-1)?.body).toEqual({ displayName: 'Ada L.', statusText: null, locale: 'tr' });
    expect(session.state.get().user?.displayName).toBe('Ada L.');
    expect(account.profile.state.get().isDone).toBe(true);
  });

  it('stays signed in after a wrong password', async () => {
    server.on('PUT /api/v1/users/me/password', () => problem(401, 'wrong_credentials'));
    await account.changePassword('wrong', 'secret words');
    expect(account.password.state.get()).toMatchObject({ isDone: false, problem: { code: 'wrong_credentials' } });
    expect(session.state.get().phase).toBe('signedIn');
  });

  it('keeps each problem with its own deed', async () => {
    server.on('POST /api/v1/users/me/email/send-verification', () => problem(429, 'rate_limited'));
    await account.sendVerification();
    expect(account.mail.state.get().problem?.code).toBe('rate_limited');
    expect(account.profile.state.get().problem).toBeNull();
  });

  it('saves the export as a file', async () => {
    server.on('GET /api/v1/users/me/export', () => json(200, { account: { username: 'ada' } }));
    await account.exportData();
    expect(files).toEqual([['parley.json', '{\n  "account": {\n    "username": "ada"\n  }\n}']]);
  });

  it('is signed out once the account is to be erased', async () => {
    server.on('POST /api/v1/users/me/erasure', () => json(200, { eraseAt: '2026-12-04T00:00:00Z' }));
    expect(await account.erase('secret words')).toBe(true);
    expect(server.seen.at(-1)?.body).toEqual({ password: 'secret words' });
    expect(session.state.get()).toMatchObject({ phase: 'signedOut', user: null });
  });

  it('proves nothing by a password that a person does not have', async () => {
    server.on('POST /api/v1/users/me/erasure', () => json(200, { eraseAt: '2026-12-04T00:00:00Z' }));
    await account.erase('');
    expect(server.seen.at(-1)?.body).toEqual({});
  });

  it('takes an erasure back', async () => {
    session.setUser({ ...session.state.get().user!, eraseAt: '2026-12-04T00:00:00Z' });
    server.on('DELETE /api/v1/users/me/erasure', () => new Response(null, { status: 204 }));
    await account.keep();
    expect(session.state.get().user?.eraseAt).toBeUndefined();
  });
});
