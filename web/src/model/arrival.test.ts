import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../api/client';
import { FakeServer, json, problem } from '../api/fake_server';
import { ParleyApi } from '../api/parley';
import { InviteModel } from './invite';
import { ProviderModel } from './provider';
import { SessionModel } from './session';

describe('coming to the app', () => {
  let server: FakeServer;
  let api: ParleyApi;

  beforeEach(() => {
    server = new FakeServer();
    api = new ParleyApi(new ApiClient(server.fetch, () => 'en'));
  });

  describe('from the identity provider', () => {
    let isHinted: boolean;
    let session: SessionModel;

    beforeEach(() => {
      isHinted = true;
      session = new SessionModel(api, { get: () => isHinted, set: (isSignedIn) => (isHinted = isSignedIn) });
    });

    it('goes on with the second factor by the ticket', async () => {
      server
        .on('POST /api/v1/auth/second-factor', () => json(200, { status: 'signed_in' }))
        .on('GET /api/v1/users/me', () => json(200, { id: 'u1', displayName: 'Ada' }));
      session.arrive('', 't1');
      expect(session.state.get().phase).toBe('secondFactor');
      await session.finishSignIn('123456');
      expect(server.seen[0]?.body).toEqual({ ticket: 't1', code: '123456', transport: 'cookie' });
      expect(session.state.get().phase).toBe('signedIn');
    });

    it('keeps what went wrong until the next attempt, and asks the server for no session', async () => {
      server.on('POST /api/v1/auth/sign-in', () => problem(401, 'wrong_credentials'));
      session.arrive('forbidden', '');
      expect(session.state.get()).toMatchObject({ phase: 'signedOut', arrivalProblem: 'forbidden' });
      expect(server.seen).toEqual([]);
      expect(isHinted).toBe(false);
      await session.signIn('ada', 'wrong');
      expect(session.state.get().arrivalProblem).toBe('');
    });

    it('looks for a session afterwards, since cookies are hidden', () => {
      isHinted = false;
      session.expectArrival();
      expect(isHinted).toBe(true);
    });
  });

  describe('where there is a provider', () => {
    it('is offered when the server says so, who is asked once', async () => {
      server.on('GET /api/v1/auth/oidc', () => json(200, { isOffered: true }));
      const provider = new ProviderModel(api, () => {});
      await Promise.all([provider.load(), provider.load()]);
      expect(provider.isOffered.get()).toBe(true);
      expect(server.seen).toHaveLength(1);
    });

    it('is not offered when the server does not answer', async () => {
      const provider = new ProviderModel(api, () => {});
      await provider.load();
      expect(provider.isOffered.get()).toBe(false);
    });

    it('leads there and back to the invite', () => {
      const left: string[] = [];
      new ProviderModel(api, (address) => left.push(address)).go('/?invite=a b');
      expect(left).toEqual(['/api/v1/auth/oidc/start?returnTo=%2F%3Finvite%3Da%20b']);
    });
  });

  describe('with an invite', () => {
    const preview = { communityName: 'Night owls', members: 3, inviterName: 'Ada' };

    it('shows where it leads, and leaves the address when it is dealt with', async () => {
      server.on('GET /api/v1/invites/a%2Fb', () => json(200, preview));
      let gone = 0;
      const invite = new InviteModel(api, 'a/b', () => gone++);
      await Promise.all([invite.load(), invite.load()]);
      expect(server.seen).toHaveLength(1);
      expect(invite.state.get()).toMatchObject({ code: 'a/b', preview });
      invite.dismiss();
      expect(invite.state.get()).toMatchObject({ code: null, preview: null });
      expect(gone).toBe(1);
    });

    it('says that it is not valid', async () => {
      server.on('GET /api/v1/invites/old', () => problem(404, 'invite_invalid', 'This invitation is not valid.'));
      const invite = new InviteModel(api, 'old', () => {});
      await invite.load();
      expect(invite.state.get()).toMatchObject({ preview: null, problem: { title: 'This invitation is not valid.' } });
    });

    it('asks nothing without one', async () => {
      await new InviteModel(api, null, () => {}).load();
      expect(server.seen).toEqual([]);
    });
  });
});
