import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../api/client';
import { FakeServer, json, problem } from '../api/fake_server';
import { ParleyApi } from '../api/parley';
import { RecoveryModel } from './recovery';

const verify = 'POST /api/v1/auth/email/verify';
const reset = 'POST /api/v1/auth/password/reset';
const request = 'POST /api/v1/auth/password/request-reset';
const done = (): Response => new Response(null, { status: 204 });

describe('RecoveryModel', () => {
  let server: FakeServer;
  let model: RecoveryModel;

  beforeEach(() => {
    server = new FakeServer().on(verify, done).on(reset, done).on(request, done);
    model = new RecoveryModel(new ParleyApi(new ApiClient(server.fetch, () => 'en')));
  });

  it('spends a token once, though it is asked twice', async () => {
    await Promise.all([model.verify('pm_1'), model.verify('pm_1')]);
    await model.verify('pm_1');
    expect(server.seen.map(({ path, body }) => [path, body])).toEqual([['/api/v1/auth/email/verify', { token: 'pm_1' }]]);
    expect(model.state.get()).toMatchObject({ isDone: true, problem: null, isBusy: false });
  });

  it('says why a token does not confirm an address, and asks for no session', async () => {
    server.on(verify, () => problem(401, 'token_expired'));
    expect(await model.verify('pm_1')).toBe(false);
    expect(model.state.get()).toMatchObject({ isDone: false, problem: { code: 'token_expired' } });
    expect(server.count('POST /api/v1/auth/refresh')).toBe(0);
  });

  it('lets a person try another password with the same token', async () => {
    server.on(reset, ({ body }) =>
      (body as { newPassword: string }).newPassword === 'short'
        ? json(400, { code: 'password_too_weak', title: 'Weak', detail: 'at least 8 characters' })
        : done(),
    );
    await model.reset('pm_1', 'short');
    expect(model.state.get()).toMatchObject({ isDone: false, problem: { code: 'password_too_weak', detail: 'at least 8 characters' } });
    await model.reset('pm_1', 'secret words');
    expect(model.state.get()).toMatchObject({ isDone: true, problem: null });
  });

  it('asks for a link without the spaces that were typed around the address', async () => {
    await model.requestReset(' ada@example.com ');
    expect(server.seen[0]?.body).toEqual({ email: 'ada@example.com' });
    expect(model.state.get().isDone).toBe(true);
  });

  it('takes back that a link was sent while it asks again', async () => {
    await model.requestReset('ada@example.com');
    server.on(request, () => problem(429, 'rate_limited'));
    await model.requestReset('ada@example.com');
    expect(model.state.get()).toMatchObject({ isDone: false, problem: { code: 'rate_limited' } });
  });
});
