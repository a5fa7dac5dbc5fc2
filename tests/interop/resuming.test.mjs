// Coming back to the gateway with the stock socket.io-client: on each layer, what was missed is told once and in order.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Gathering } from './gathering.mjs';
import { Listener } from './listener.mjs';
import { Person } from './person.mjs';
import { Server } from './server.mjs';
import { eventually } from './support.mjs';

let gathering;
let owner;
let guest;
let community;
let channel;
const listen = (person, options) => gathering.listen(person, options);

beforeAll(async () => {
  gathering = await Gathering.start();
  ({ owner, guest, community, channel } = gathering);
});
afterEach(() => gathering.hangUp());
afterAll(() => gathering?.stop());

describe('resuming', () => {
  const texts = (listener) => listener.of('newMessage').map((one) => one.text);

  it('restores a client that comes back soon, with what it missed, once and in order', async () => {
    const [sender, reader] = [await listen(owner), await listen(guest)];
    await sender.send(channel, 'a0');
    await reader.next('newMessage', (one) => one.text === 'a0');
    reader.cut();
    for (let i = 1; i <= 5; ++i) await sender.send(channel, `a${i}`);
    await eventually(() => reader.socket.connected && texts(reader).length >= 6, 'all is there');
    expect(reader.socket.recovered).toBe(true);
    expect(texts(reader)).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'a5']);
  });
  it('tells one by one what was missed since lastEventId', async () => {
    const [sender, reader] = [await listen(owner), await listen(guest)];
    await sender.send(channel, 'b0');
    await reader.next('newMessage', (one) => one.text === 'b0');
    const { lastEventId } = reader;
    reader.close();
    for (let i = 1; i <= 5; ++i) await sender.send(channel, `b${i}`);
    const back = await listen(guest, { auth: { lastEventId } });
    const resumed = await back.next('resumed');
    expect(texts(back)).toEqual(['b1', 'b2', 'b3', 'b4', 'b5']);
    expect(resumed.count).toBeGreaterThanOrEqual(5);
  });
  it('sends a client that cannot be told one by one to the sync', async () => {
    const lost = await listen(guest, { auth: { lastEventId: '999999999' } });
    expect(await lost.next('resync')).toEqual({ reason: 'unknown_event' });
    const garbage = await listen(guest, { auth: { lastEventId: 'x' } });
    expect(await garbage.next('resync')).toEqual({ reason: 'unknown_event' });
  });
  it('does not tell what somebody who comes back may no longer know', async () => {
    const visitor = await gathering.newMember('qonaq');
    const [sender, reader] = [await listen(owner), await listen(visitor)];
    await sender.send(channel, 'c0');
    await reader.next('newMessage', (one) => one.text === 'c0');
    const { lastEventId } = reader;
    reader.cut();
    await owner.do('DELETE', `/communities/${community}/members/${visitor.id}`);
    await sender.send(channel, 'gizli');
    await sender.next('newMessage', (one) => one.text === 'gizli');
    await eventually(() => reader.socket.connected, 'it comes back');
    const again = await listen(visitor, { auth: { lastEventId } });
    await again.next('resumed');
    const own = (await visitor.do('POST', '/communities', { name: 'Qonaq' })).id;
    for (const one of [reader, again]) {
      await one.next('memberUpdated', (told) => told.communityId === own);
      expect(texts(one)).not.toContain('gizli');
    }
  });
  it('has lost nothing after a kill', async () => {
    const doomed = await Server.start();
    const [writer] = [await Person.register(doomed, 'yazan')];
    const place = (await writer.do('POST', '/communities', { name: 'Yer' })).id;
    const room = (await writer.do('POST', `/communities/${place}/channels`, { name: 'otaq', kind: 'text' })).id;
    const first = await Listener.open(writer);
    const sent = [];
    for (let i = 0; i < 20; ++i) sent.push((await first.send(room, `k${i}`)).seq);
    const { lastEventId } = await first.next('newMessage').then((one) => ({ lastEventId: one.eventId }));
    first.close();
    await doomed.stop('SIGKILL');
    const risen = await Server.start([], { data: doomed.data });
    try {
      const back = await Listener.open(Object.assign(new Person(risen, { userId: writer.id, accessToken: writer.token })), { auth: { lastEventId } });
      await back.next('resumed');
      expect(texts(back)).toEqual(Array.from({ length: 19 }, (_, i) => `k${i + 1}`));
      expect(sent).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      back.close();
    } finally {
      await risen.stop();
    }
  });
});
