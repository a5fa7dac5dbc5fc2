import { beforeEach, describe, expect, it } from 'vitest';
import type { LiveEvent, Message, Standing } from '../api/chat';
import { ApiClient } from '../api/client';
import { FakeServer, json, problem } from '../api/fake_server';
import { ParleyApi } from '../api/parley';
import { noAnswer, Problem } from '../api/problem';
import { ChatModel, readersOf } from './chat';
import { FakeGateway } from './fake_gateway';
import { FakeClock, FakeVisibility } from './fake_time';
import { FakeUploader, FakeVoiceInput } from './fake_uploader';
import { StandingsModel } from './standings';

const base = '/api/v1/conversations/c1';
const newest = `GET ${base}/messages?limit=50`;
const message = (seq: number, change: Partial<Message> = {}): Message => ({
  id: `m${seq}`,
  conversationId: 'c1',
  seq,
  senderId: 'bora',
  text: `text ${seq}`,
  version: 1,
  createdAt: '2026-01-01T10:00:00Z',
  ...change,
});
const told = (seq: number, change: Partial<Message> = {}): LiveEvent => ({ name: 'newMessage', message: message(seq, change) });
const ready = (standing: Partial<Standing>, isWhole = false): LiveEvent => ({
  name: 'ready',
  isWhole,
  ready: { userId: 'ada', eventId: '1', recovered: false, conversations: [{ conversationId: 'c1', lastSeq: 0, readSeq: 0, unread: 0, ...standing }] },
});

describe('ChatModel', () => {
  let server: FakeServer;
  let gateway: FakeGateway;
  let clock: FakeClock;
  let page: FakeVisibility;
  let standings: StandingsModel;
  let model: ChatModel;
  let uploader: FakeUploader;
  let stored: Message[];

  const seqs = (): number[] => model.state.get().conversation.messages.map(({ seq }) => seq);
  const outgoing = () => model.outbox.state.get();
  const connect = (standing: Partial<Standing> = {}, isWhole = false): void => {
    gateway.tell(ready(standing, isWhole));
    gateway.setConnected(true);
  };

  beforeEach(() => {
    stored = [message(1), message(2)];
    server = new FakeServer()
      .on(newest, () => json(200, { items: stored, next: null, prev: null }))
      .on(`GET ${base}/receipts`, () => json(200, { items: [] }));
    gateway = new FakeGateway().on('markRead', () => ({ ok: true })).on('typing', () => ({ ok: true }));
    clock = new FakeClock();
    page = new FakeVisibility();
    standings = new StandingsModel(gateway);
    let ids = 0;
    const api = new ParleyApi(new ApiClient(server.fetch, () => 'en'));
    uploader = new FakeUploader();
    const voiceInput = new FakeVoiceInput();
    model = new ChatModel({ api, gateway, standings, clock, visibility: page, uploader, voiceInput, makeId: () => `id${++ids}` }, 'c1');
  });

  it('fetches the part between before it shows what was told', async () => {
    connect({ lastSeq: 2, readSeq: 2 });
    model.start();
    await clock.advance(0);
    server.on(`${newest}&after=2`, () => json(200, { items: [message(3), message(4)], next: null, prev: null }));
    gateway.tell(told(4));
    expect(seqs()).toEqual([1, 2]);
    await clock.advance(0);
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  it('asks again after a failure until nothing is missing', async () => {
    server.on(newest, () => problem(503, 'unavailable', 'Busy'));
    model.start();
    await clock.advance(0);
    expect(model.state.get().problem?.title).toBe('Busy');
    server.on(newest, () => json(200, { items: stored, next: null, prev: null }));
    await clock.advance(2_000);
    expect(seqs()).toEqual([1, 2]);
    expect(model.state.get().problem).toBeNull();
  });

  it('fetches the newest page anew after a resync', async () => {
    connect({ lastSeq: 2, readSeq: 2 });
    model.start();
    await clock.advance(0);
    stored = [message(1, { version: 2, text: 'edited' }), message(2), message(3)];
    gateway.tell({ name: 'resync' });
    await clock.advance(0);
    expect(seqs()).toEqual([1, 2, 3]);
    expect(model.state.get().conversation.messages[0]?.text).toBe('edited');
  });

  it('keeps what is written offline and sends it in order, one by one', async () => {
    model.start();
    model.send('one');
    model.send('two');
    expect(outgoing().map(({ state }) => state)).toEqual(['queued', 'queued']);
    gateway.on('sendMessage', ({ text, clientId }) => ({ message: message(text === 'one' ? 3 : 4, { senderId: 'ada', clientId: String(clientId) }) }));
    connect({ lastSeq: 2, readSeq: 2 });
    await clock.advance(0);
    expect(gateway.of('sendMessage').map(({ text }) => text)).toEqual(['one', 'two']);
    expect(outgoing()).toEqual([]);
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  it('sends what got no answer again under the same clientId', async () => {
    let fails = 1;
    gateway.on('sendMessage', ({ clientId }) => {
      if (fails-- > 0) throw noAnswer();
      return { message: message(3, { senderId: 'ada', clientId: String(clientId) }) };
    });
    connect({ lastSeq: 2, readSeq: 2 });
    model.start();
    model.send('hello');
    await clock.advance(5_000);
    expect(gateway.of('sendMessage').map(({ clientId }) => clientId)).toEqual(['id1', 'id1']);
    expect(outgoing()).toEqual([]);
  });

  it('waits as long as the server asks', async () => {
    let fails = 1;
    gateway.on('sendMessage', () => {
      if (fails-- > 0) throw new Problem('rate_limited', 429, 'Slower', 3_000);
      return { message: message(3, { senderId: 'ada', clientId: 'id1' }) };
    });
    connect({ lastSeq: 2, readSeq: 2 });
    model.start();
    model.send('hello');
    await clock.advance(2_900);
    expect(gateway.of('sendMessage')).toHaveLength(1);
    await clock.advance(200);
    expect(gateway.of('sendMessage')).toHaveLength(2);
  });

  it('says why a message failed, and sends it again when the person wants', async () => {
    gateway.on('sendMessage', () => {
      throw new Problem('forbidden', 403, 'You may not');
    });
    connect();
    model.start();
    model.send('hello');
    await clock.advance(0);
    expect(outgoing()[0]).toMatchObject({ state: 'failed', problem: { title: 'You may not' } });
    gateway.on('sendMessage', () => ({ message: message(3, { senderId: 'ada', clientId: 'id1' }) }));
    model.outbox.retry('id1');
    await clock.advance(0);
    expect(outgoing()).toEqual([]);
  });

  it('sends what was written even when another conversation is looked at', async () => {
    model.start();
    model.send('hello');
    model.stop();
    gateway.on('sendMessage', () => ({ message: message(3, { senderId: 'ada', clientId: 'id1' }) }));
    connect();
    await clock.advance(0);
    expect(outgoing()).toEqual([]);
  });

  it('marks as read what a visible page shows, once', async () => {
    page.set(true);
    connect({ lastSeq: 2, readSeq: 0 });
    model.start();
    await clock.advance(0);
    expect(gateway.of('markRead')).toEqual([]);
    page.set(false);
    await clock.advance(0);
    gateway.tell({ name: 'receipt', conversationId: 'c1', userId: 'bora', readSeq: 2 });
    expect(gateway.of('markRead')).toEqual([{ conversationId: 'c1', seq: 2 }]);
  });

  it('shows who is typing until the message, the end, or six seconds later', async () => {
    model.start();
    await clock.advance(0);
    const typing = (isTyping: boolean): LiveEvent => ({ name: 'userTyping', conversationId: 'c1', userId: 'bora', isTyping });
    gateway.tell(typing(true));
    expect(model.state.get().typing).toEqual(['bora']);
    gateway.tell(told(3));
    expect(model.state.get().typing).toEqual([]);
    gateway.tell(typing(true));
    await clock.advance(6_000);
    expect(model.state.get().typing).toEqual([]);
  });

  it('tells of its own typing every three seconds at most, and of its end', async () => {
    model.type('h');
    model.type('he');
    expect(gateway.of('typing')).toHaveLength(1);
    await clock.advance(3_000);
    model.type('hel');
    model.type('');
    expect(gateway.of('typing').map(({ isTyping }) => isTyping)).toEqual([true, true, false]);
  });

  it('names a reader at the last own message that he has read', async () => {
    stored = [message(1, { senderId: 'ada' }), message(2), message(3, { senderId: 'ada' })];
    server.on(`GET ${base}/receipts`, () => json(200, { items: [{ userId: 'bora', readSeq: 2 }] }));
    model.start();
    await clock.advance(0);
    expect([...readersOf(model.state.get().conversation, 'ada')]).toEqual([[1, ['bora']]]);
  });

  it('counts what others write as unread until it is read', () => {
    connect({ lastSeq: 2, readSeq: 2 });
    const unread = (): number | undefined => standings.state.get().byConversation.get('c1')?.unread;
    gateway.tell(told(3));
    gateway.tell(told(3));
    gateway.tell(told(4, { senderId: 'ada' }));
    expect(unread()).toBe(1);
    gateway.tell({ name: 'receipt', conversationId: 'c1', userId: 'bora', readSeq: 4 });
    expect(unread()).toBe(1);
    gateway.tell({ name: 'receipt', conversationId: 'c1', userId: 'ada', readSeq: 4 });
    expect(unread()).toBe(0);
  });

  it('sends the files that were chosen with the text, once', async () => {
    gateway.on('sendMessage', ({ clientId }) => ({ message: message(3, { senderId: 'ada', clientId: String(clientId) }) }));
    connect({ lastSeq: 2, readSeq: 2 });
    model.attachments.add([new File(['x'], 'a.png')]);
    uploader.of('a.png').arrive('f1');
    await clock.advance(0);
    model.send('look');
    model.send('again');
    await clock.advance(0);
    expect(gateway.of('sendMessage').map(({ text, attachments }) => [text, attachments])).toEqual([
      ['look', ['f1']],
      ['again', undefined],
    ]);
  });

  it('sends a voice message without a text', async () => {
    gateway.on('sendMessage', () => ({ message: message(3, { senderId: 'ada', clientId: 'id1' }) }));
    connect({ lastSeq: 2, readSeq: 2 });
    await model.recorder.start();
    void model.recorder.send();
    await clock.advance(0);
    uploader.of('voice.webm').arrive('f1');
    await clock.advance(0);
    expect(gateway.of('sendMessage')).toEqual([{ conversationId: 'c1', clientId: 'id1', attachments: ['f1'] }]);
  });

  it('tells what was listened to once, and again when that was not heard', async () => {
    model.markPlayed(2);
    await clock.advance(0);
    model.markPlayed(2);
    await clock.advance(0);
    expect(gateway.of('markRead')).toEqual([{ conversationId: 'c1', playedSeq: 2 }]);
    gateway.on('markRead', () => {
      throw noAnswer();
    });
    for (let i = 0; i < 2; i++) {
      model.markPlayed(5);
      await clock.advance(0);
    }
    expect(gateway.of('markRead').slice(1).map(({ playedSeq }) => playedSeq)).toEqual([5, 5]);
  });
});
