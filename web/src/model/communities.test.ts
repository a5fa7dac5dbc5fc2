import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../api/client';
import { FakeServer, json, problem } from '../api/fake_server';
import { ParleyApi } from '../api/parley';
import { CommunitiesModel, inviteLink, readInviteCode } from './communities';

const list = 'GET /api/v1/communities';
const cats = { id: 'c1', name: 'Cats' };
const dogs = { id: 'c2', name: 'Dogs' };

describe('CommunitiesModel', () => {
  let server: FakeServer;
  let model: CommunitiesModel;

  beforeEach(() => {
    server = new FakeServer().on(list, () => json(200, { items: [cats, dogs] }));
    model = new CommunitiesModel(new ParleyApi(new ApiClient(server.fetch, () => 'en')));
  });

  it('looks at the first community', async () => {
    await model.load();
    expect(model.state.get()).toMatchObject({ communities: [cats, dogs], selectedId: 'c1', isLoaded: true });
  });

  it('stays with the community that was looked at', async () => {
    await model.load();
    model.select('c2');
    await model.load();
    expect(model.state.get().selectedId).toBe('c2');
  });

  it('leaves a community that is gone', async () => {
    await model.load();
    model.select('c2');
    server.on(list, () => json(200, { items: [cats] }));
    await model.load();
    expect(model.state.get().selectedId).toBe('c1');
  });

  it('shows a community that was made', async () => {
    server.on('POST /api/v1/communities', () => json(201, dogs));
    expect(await model.create(' Dogs ')).toBe(true);
    expect(server.seen[0]?.body).toEqual({ name: 'Dogs' });
    expect(model.state.get()).toMatchObject({ communities: [dogs], selectedId: 'c2' });
  });

  it('accepts an invite from a link, and lists the community once', async () => {
    await model.load();
    server.on('POST /api/v1/invites/abc/accept', () => json(200, { community: dogs }));
    expect(await model.accept('https://parley.test/?invite=abc')).toBe(true);
    expect(model.state.get()).toMatchObject({ communities: [cats, dogs], selectedId: 'c2' });
  });

  it('looks at another community after leaving one', async () => {
    await model.load();
    server.on('DELETE /api/v1/communities/c1/membership', () => {
      server.on(list, () => json(200, { items: [dogs] }));
      return new Response(null, { status: 204 });
    });
    expect(await model.leave('c1')).toBe(true);
    expect(model.state.get()).toMatchObject({ communities: [dogs], selectedId: 'c2', isBusy: false });
  });

  it('says why an invite was refused', async () => {
    server.on('POST /api/v1/invites/old/accept', () => problem(404, 'invite_invalid', 'Not valid.'));
    expect(await model.accept('old')).toBe(false);
    expect(model.state.get()).toMatchObject({ problem: { title: 'Not valid.' }, isBusy: false });
  });

  it('makes an invite to the community that is looked at', async () => {
    await model.load();
    server.on('POST /api/v1/communities/c1/invites', () => json(201, { code: 'xyz' }));
    await model.invite();
    expect(model.state.get().inviteCode).toBe('xyz');
    model.select('c2');
    expect(model.state.get().inviteCode).toBeNull();
  });

  it('forgets everything for the next person', async () => {
    await model.load();
    model.clear();
    expect(model.state.get()).toMatchObject({ communities: [], selectedId: null });
  });
});

describe('readInviteCode', () => {
  it('takes a code', () => expect(readInviteCode(' abc ')).toBe('abc'));
  it('takes a link that it made itself', () => expect(readInviteCode(inviteLink('https://parley.test', 'a b'))).toBe('a b'));
  it('passes on what it does not know', () => expect(readInviteCode('https://parley.test/other')).toBe('https://parley.test/other'));
});
