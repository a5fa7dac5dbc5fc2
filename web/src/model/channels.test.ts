import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../api/client';
import { FakeServer, json, problem } from '../api/fake_server';
import { ParleyApi } from '../api/parley';
import { ChannelsModel } from './channels';
import { FakeClock, FakeVisibility } from './fake_time';

const base = '/api/v1/communities/c1';
const voiceStates = `GET ${base}/voice-states`;
const all = String(2n ** 34n - 1n);
const lounge = { id: 'v1', kind: 'voice', name: 'Lounge', position: 0, permissions: all };
const studio = { id: 'v2', kind: 'voice', name: 'Studio', position: 1, permissions: '0' };
const general = { id: 't1', kind: 'text', name: 'general', position: 2, permissions: all };
const member = (userId: string, displayName: string, nickname = '') => ({ userId, displayName, nickname, username: userId });
const inside = (userId: string, channelId = 'v1', change = {}) => ({
  channelId,
  userId,
  isMuted: false,
  hasCamera: false,
  hasScreen: false,
  ...change,
});

describe('ChannelsModel', () => {
  let server: FakeServer;
  let clock: FakeClock;
  let page: FakeVisibility;
  let model: ChannelsModel;
  let present: unknown[];
  let channels: unknown[];

  beforeEach(() => {
    present = [];
    channels = [lounge, general, studio];
    const tagged = (items: () => unknown[]) => ({ headers }: { headers: Record<string, string> }) => {
      const etag = JSON.stringify(items());
      return headers['if-none-match'] === etag ? new Response(null, { status: 304 }) : json(200, { items: items() }, { etag });
    };
    server = new FakeServer()
      .on(`GET ${base}`, () => json(200, { id: 'c1', name: 'Cats', permissions: all }))
      .on(`GET ${base}/channels`, tagged(() => channels))
      .on(`GET ${base}/members?limit=100`, () => json(200, { items: [member('u1', 'Ada'), member('u2', 'Bora', 'Boss')] }))
      .on(voiceStates, tagged(() => present));
    clock = new FakeClock();
    page = new FakeVisibility();
    model = new ChannelsModel(new ParleyApi(new ApiClient(server.fetch, () => 'en')), 'c1', page, clock);
  });

  const occupants = (index = 0) => model.state.get().channels[index]?.occupants;

  it('lists the voice channels and what the person may do', async () => {
    model.start();
    await clock.advance(0);
    expect(model.state.get()).toMatchObject({ canCreate: true, canInvite: true, isLoaded: true, pollProblem: null });
    expect(model.state.get().channels).toMatchObject([
      { name: 'Lounge', canJoin: true },
      { name: 'Studio', canJoin: false },
    ]);
  });

  it('moves a person, and says why not', async () => {
    server.on(`POST ${base}/members/u2/move`, ({ body }) =>
      (body as { channelId: string }).channelId === 'v2' ? new Response(null, { status: 204 }) : problem(403, 'forbidden', 'No.'),
    );
    await model.move('u2', 'v2');
    expect(model.state.get().moveProblem).toBeNull();
    await model.move('u2', 'v3');
    expect(model.state.get().moveProblem).toMatchObject({ code: 'forbidden', title: 'No.' });
  });

  it('shows who is where by the name they have in the community, within a second', async () => {
    model.start();
    await clock.advance(0);
    expect(occupants()).toEqual([]);
    present = [inside('u1', 'v1', { isMuted: true }), inside('u2', 'v2', { hasCamera: true })];
    await clock.advance(1000);
    expect(occupants(0)).toMatchObject([{ name: 'Ada', isMuted: true, hasCamera: false }]);
    expect(occupants(1)).toMatchObject([{ name: 'Boss', isMuted: false, hasCamera: true }]);
    present = [];
    await clock.advance(1000);
    expect(occupants(0)).toEqual([]);
  });

  it('asks with the tag of the last answer, and keeps what it has when that still holds', async () => {
    present = [inside('u1')];
    model.start();
    await clock.advance(3000);
    const asked = server.seen.filter(({ path }) => path.endsWith('/voice-states'));
    expect(asked.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, ...Array(3).fill(JSON.stringify(present))]);
    expect(occupants()).toMatchObject([{ name: 'Ada' }]);
  });

  it('asks nothing while the page is hidden or after it was stopped', async () => {
    model.start();
    await clock.advance(0);
    page.set(true);
    await clock.advance(60_000);
    expect(server.count(voiceStates)).toBe(1);
    page.set(false);
    await clock.advance(0);
    expect(server.count(voiceStates)).toBe(2);
    model.stop();
    await clock.advance(60_000);
    expect(server.count(voiceStates)).toBe(2);
  });

  it('asks once for the name of a person it does not know', async () => {
    server.on(`GET ${base}/members/u9`, () => json(200, member('u9', 'Ceyda')));
    present = [inside('u9')];
    model.start();
    await clock.advance(0);
    present = [inside('u9', 'v1', { isMuted: true })];
    await clock.advance(1000);
    expect(occupants()).toMatchObject([{ name: 'Ceyda', isMuted: true }]);
    expect(server.count(`GET ${base}/members/u9`)).toBe(1);
  });

  it('shows a person without a name when the server knows none', async () => {
    server.on(`GET ${base}/members/u9`, () => problem(404, 'not_found'));
    present = [inside('u9')];
    model.start();
    await clock.advance(0);
    expect(occupants()).toMatchObject([{ name: null }]);
  });

  it('loads the channels anew when somebody is in one it does not know', async () => {
    model.start();
    await clock.advance(0);
    channels = [lounge, { ...studio, id: 'v3', name: 'New' }];
    present = [inside('u1', 'v3')];
    await clock.advance(1000);
    expect(model.state.get().channels).toMatchObject([{ name: 'Lounge' }, { name: 'New', occupants: [{ name: 'Ada' }] }]);
  });

  it('notices new channels and rights after some polls', async () => {
    model.start();
    await clock.advance(0);
    channels = [lounge];
    server.on(`GET ${base}`, () => json(200, { id: 'c1', name: 'Cats', permissions: '0' }));
    await clock.advance(10_000);
    expect(model.state.get()).toMatchObject({ channels: [{ name: 'Lounge' }], canCreate: false, canInvite: false });
  });

  it('says why the list stands still, and recovers', async () => {
    present = [inside('u1')];
    model.start();
    await clock.advance(0);
    const answer = json(503, { code: 'overloaded', title: 'Busy' });
    server.on(voiceStates, () => answer.clone());
    await clock.advance(1000);
    expect(model.state.get().pollProblem?.title).toBe('Busy');
    expect(occupants()).toHaveLength(1);
    server.on(voiceStates, () => json(200, { items: [] }));
    await clock.advance(2000);
    expect(model.state.get().pollProblem).toBeNull();
    expect(occupants()).toEqual([]);
  });

  it('shows a channel that was made at once', async () => {
    server.on(`POST ${base}/channels`, ({ body }) => {
      channels = [...channels, { ...lounge, id: 'v9', name: (body as { name: string }).name }];
      return json(201, {});
    });
    model.start();
    await clock.advance(0);
    expect(await model.create('voice', ' Den ')).toBe(true);
    expect(model.state.get().channels.map(({ name }) => name)).toEqual(['Lounge', 'Studio', 'Den']);
  });

  it('says why a channel was not made', async () => {
    server.on(`POST ${base}/channels`, () => problem(403, 'forbidden', 'You may not do this.'));
    model.start();
    await clock.advance(0);
    expect(await model.create('voice', 'Den')).toBe(false);
    await clock.advance(5000);
    expect(model.state.get().createProblem?.title).toBe('You may not do this.');
  });
});
