import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../api/client';
import { FakeServer, json, problem } from '../api/fake_server';
import { ParleyApi } from '../api/parley';
import { SecondFactorModel } from './second_factor';
import { SessionModel } from './session';

const factor = '/api/v1/users/me/second-factor';
const setup = { secret: 'JBSW', url: 'otpauth://totp/x' };

describe('SecondFactorModel', () => {
  let server: FakeServer;
  let session: SessionModel;
  let model: SecondFactorModel;
  let isOn: boolean;

  beforeEach(async () => {
    isOn = false;
    server = new FakeServer()
      .on('GET /api/v1/users/me', () => json(200, { id: 'u1', displayName: 'Ada', hasSecondFactor: isOn }))
      .on(`POST ${factor}/begin`, () => json(200, setup))
      .on(`POST ${factor}/confirm`, () => {
        isOn = true;
        return json(200, { recoveryCodes: ['a', 'b'] });
      });
    const api = new ParleyApi(new ApiClient(server.fetch, () => 'en'));
    session = new SessionModel(api, { get: () => true, set: () => {} });
    await session.open();
    model = new SecondFactorModel(api, session);
  });

  it('is on after the first code, and shows the recovery codes until they are kept', async () => {
    await model.begin('secret words');
    expect(model.state.get().setup).toEqual(setup);
    await model.confirm(' 123456 ');
    expect(server.seen.find(({ path }) => path.endsWith('/confirm'))?.body).toEqual({ code: '123456' });
    expect(model.state.get()).toMatchObject({ setup: null, recoveryCodes: ['a', 'b'] });
    expect(session.state.get().user?.hasSecondFactor).toBe(true);
    model.forgetCodes();
    expect(model.state.get().recoveryCodes).toBeNull();
  });

  it('lets a person type the code again', async () => {
    server.on(`POST ${factor}/confirm`, () => problem(401, 'wrong_second_factor', 'The code is wrong.'));
    await model.begin('secret words');
    await model.confirm('000000');
    expect(model.state.get()).toMatchObject({ setup, problem: { title: 'The code is wrong.' } });
    expect(session.state.get().phase).toBe('signedIn');
  });

  it('forgets the secret when it is given up', async () => {
    await model.begin('secret words');
    model.cancel();
    expect(model.state.get().setup).toBeNull();
  });

  it('replaces the recovery codes', async () => {
    server.on(`POST ${factor}/recovery-codes`, () => json(200, { recoveryCodes: ['c'] }));
    await model.renew('123456');
    expect(model.state.get().recoveryCodes).toEqual(['c']);
  });

  it('is off when password and code are right', async () => {
    isOn = true;
    await session.reload();
    server.on(`POST ${factor}/disable`, () => {
      isOn = false;
      return new Response(null, { status: 204 });
    });
    await model.disable('secret words', '123456');
    expect(session.state.get().user?.hasSecondFactor).toBe(false);
  });
});
