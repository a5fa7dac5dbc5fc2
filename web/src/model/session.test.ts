import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../api/client';
import { FakeServer, json, problem } from '../api/fake_server';
import { ParleyApi } from '../api/parley';
import { SessionModel } from './session';

const me = 'GET /api/v1/users/me';
const refresh = 'POST /api/v1/auth/refresh';
const signIn = 'POST /api/v1/auth/sign-in';
const ada = { id: 'u1', username: 'ada', displayName: 'Ada' };

describe('SessionModel', () => {
  let server: FakeServer;
  let isHinted: boolean;

  beforeEach(() => {
    server = new FakeServer().on(me, () => json(200, ada)).on(signIn, () => json(200, { status: 'signed_in' }));
    isHinted = false;
  });

  function makeSession(): SessionModel {
    const api = new ParleyApi(new ApiClient(server.fetch, () => 'en'));
    return new SessionModel(api, { get: () => isHinted, set: (isSignedIn) => (isHinted = isSignedIn) });
  }

  it('asks nothing of the server for a visitor who never signed in', async () => {
    const session = makeSession();
    await session.open();
    expect(session.state.get().phase).toBe('signedOut');
    expect(server.seen).toEqual([]);
  });

  it('finds the person who signed in before', async () => {
    isHinted = true;
    const session = makeSession();
    expect(session.state.get().phase).toBe('loading');
    await session.open();
    expect(session.state.get()).toMatchObject({ phase: 'signedIn', user: ada });
  });

  it('begins anew, without red words, when the remembered session has ended', async () => {
    isHinted = true;
    server.on(me, () => problem(401, 'session_revoked')).on(refresh, () => problem(401, 'token_invalid'));
    const session = makeSession();
    await session.open();
    expect(session.state.get()).toMatchObject({ phase: 'signedOut', problem: null });
    expect(isHinted).toBe(false);
  });

  it('keeps the memory of a session while the server is out of reach', async () => {
    isHinted = true;
    server.on(me, () => problem(503, 'overloaded', 'Busy'));
    const session = makeSession();
    await session.open();
    expect(session.state.get()).toMatchObject({ phase: 'signedOut', problem: { title: 'Busy' } });
    expect(isHinted).toBe(true);
  });

  it('signs in with tokens in cookies, and remembers that', async () => {
    const session = makeSession();
    await session.signIn('ada', 'secret words');
    expect(server.seen[0]?.body).toEqual({ login: 'ada', password: 'secret words', transport: 'cookie' });
    expect(session.state.get()).toMatchObject({ phase: 'signedIn', user: ada, isBusy: false });
    expect(isHinted).toBe(true);
  });

  it('says why a sign-in failed, in the words of the server', async () => {
    server.on(signIn, () => problem(401, 'wrong_credentials', 'Ad ya da parola yanlış.'));
    const session = makeSession();
    await session.signIn('ada', 'wrong');
    expect(session.state.get()).toMatchObject({ phase: 'signedOut', problem: { title: 'Ad ya da parola yanlış.' }, isBusy: false });
  });

  it('asks for the second factor and ends the sign-in with it', async () => {
    server
      .on(signIn, () => json(200, { status: 'second_factor_required', ticket: 't1' }))
      .on('POST /api/v1/auth/second-factor', () => json(200, { status: 'signed_in' }));
    const session = makeSession();
    await session.signIn('ada', 'secret words');
    expect(session.state.get().phase).toBe('secondFactor');
    await session.finishSignIn('123456');
    expect(server.seen[1]?.body).toEqual({ ticket: 't1', code: '123456', transport: 'cookie' });
    expect(session.state.get().phase).toBe('signedIn');
  });

  it('registers without a shown name when none is given', async () => {
    server.on('POST /api/v1/auth/register', () => json(201, { status: 'signed_in' }));
    const session = makeSession();
    await session.register({ username: 'ada', email: '', displayName: '', password: 'secret words', locale: 'az' });
    expect(server.seen[0]?.body).toEqual({ username: 'ada', password: 'secret words', locale: 'az', transport: 'cookie' });
    expect(session.state.get().phase).toBe('signedIn');
  });

  it('signs out, and the browser forgets', async () => {
    server.on('POST /api/v1/auth/sign-out', () => new Response(null, { status: 204 }));
    const session = makeSession();
    await session.signIn('ada', 'secret words');
    await session.signOut();
    expect(session.state.get()).toMatchObject({ phase: 'signedOut', user: null });
    expect(isHinted).toBe(false);
  });

  it('stays signed in when the server could not end the session', async () => {
    server.on('POST /api/v1/auth/sign-out', () => problem(503, 'overloaded', 'Busy'));
    const session = makeSession();
    await session.signIn('ada', 'secret words');
    await session.signOut();
    expect(session.state.get()).toMatchObject({ phase: 'signedIn', problem: { title: 'Busy' } });
  });

  it('is signed out when any request finds that the session has ended', async () => {
    server.on('GET /api/v1/communities', () => problem(401, 'session_revoked')).on(refresh, () => problem(401, 'token_invalid'));
    const api = new ParleyApi(new ApiClient(server.fetch, () => 'en'));
    const session = new SessionModel(api, { get: () => isHinted, set: (isSignedIn) => (isHinted = isSignedIn) });
    await session.signIn('ada', 'secret words');
    await expect(api.communities()).rejects.toMatchObject({ status: 401 });
    expect(session.state.get().phase).toBe('signedOut');
  });
});
