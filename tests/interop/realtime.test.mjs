// The gateway with the stock socket.io-client: who may connect, and what is told to whom.
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { Gathering } from './gathering.mjs';
import { Person } from './person.mjs';
import { eventually } from './support.mjs';

let gathering;
let server;
let owner;
let guest;
let stranger;
let community;
let channel;
const listen = (person, options) => gathering.listen(person, options);

/** Why a client is not let in. */
function refusal(options, headers) {
  return new Promise((resolve, reject) => {
    const socket = io(server.http, { forceNew: true, reconnection: false, extraHeaders: headers, ...options });
    gathering.open.push({ close: () => socket.disconnect() });
    socket.on('connect', () => reject(new Error('was let in')));
    socket.on('connect_error', resolve);
  });
}

beforeAll(async () => {
  gathering = await Gathering.start(['--frontend-url', 'http://app.example']);
  ({ server, owner, guest, stranger, community, channel } = gathering);
});
afterEach(() => gathering.hangUp());
afterAll(() => gathering?.stop());

describe('connecting', () => {
  it('RTM-1: lets in a stock client with its token, over polling and over WebSocket', async () => {
    for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
      const listener = await listen(guest, { transports });
      const ready = await listener.next('ready');
      expect(ready.userId).toBe(guest.id);
      expect(ready.conversations.map((one) => one.conversationId)).toContain(channel);
      expect(ready.recovered).toBe(false);
    }
  });
  it('refuses without a token, with a bad one, and says why', async () => {
    expect((await refusal({})).data).toMatchObject({ code: 'unauthenticated', retry: false });
    expect((await refusal({ auth: { token: 'nonsense' } })).data).toMatchObject({ code: 'token_invalid', retry: false });
    expect((await refusal({ auth: { token: 7 } })).data.code).toBe('invalid_request');
  });
  it('RTM-2: refuses pages of other origins, also with a good cookie', async () => {
    const cookie = `parley_session=${guest.token}`;
    const answer = (origin) => fetch(`${server.http}/socket.io/?EIO=4&transport=polling`, { headers: { cookie, origin } });
    expect((await answer('http://evil.example')).status).toBe(403);
    const good = await answer('http://app.example');
    expect(good.status).toBe(200);
    expect(good.headers.get('access-control-allow-origin')).toBe('http://app.example');
    const socket = new WebSocket(`${server.url}/socket.io/?EIO=4&transport=websocket`, { headers: { cookie, origin: 'http://evil.example' } });
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
      socket.on('open', () => resolve('open'));
      socket.on('error', () => {});
    });
    expect(status).toBe(403);
  });
  it('ends the sockets of a session that is signed out, and of no other', async () => {
    const other = await Person.register(server, 'iki');
    const again = await fetch(`${server.http}/api/v1/auth/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: 'iki', password: 'a long pass phrase' }),
    });
    const second = new Person(server, (await again.json()).tokens);
    const [first, kept] = [await listen(other, { reconnection: false }), await listen(second)];
    await other.do('POST', '/auth/sign-out');
    await first.next('sessionEnded');
    await eventually(() => first.socket.disconnected, 'the socket of the session ends');
    expect(kept.socket.connected).toBe(true);
  });
});

describe('messages', () => {
  it('MSG-1, MSG-6: are stored before they are told, and the answer has id and seq', async () => {
    const [sender, reader] = [await listen(owner), await listen(guest)];
    const sent = await sender.send(channel, 'salam');
    expect(sent).toMatchObject({ ok: true, seq: expect.any(Number), id: expect.any(String) });
    const told = await reader.next('newMessage');
    expect(told).toMatchObject({ id: sent.id, seq: sent.seq, text: 'salam', senderId: owner.id, conversationId: channel });
    expect(told.eventId).toBeTruthy();
  });
  it('RTM-3: reach nobody outside, and nobody outside sends', async () => {
    const [sender, outsider] = [await listen(owner), await listen(stranger)];
    const refused = await outsider.send(channel, 'içəri');
    expect(refused).toMatchObject({ ok: false, error: { code: 'not_found', status: 404 } });
    expect(await outsider.ask('joinConversation', { conversationId: channel })).toMatchObject({ ok: false });
    await sender.send(channel, 'yalnız üzvlər');
    await sender.next('newMessage', (one) => one.text === 'yalnız üzvlər');
    // What the outsider is told next would come after what he must not be told.
    const own = (await stranger.do('POST', '/communities', { name: 'Yad' })).id;
    await outsider.next('memberUpdated', (one) => one.communityId === own);
    expect(outsider.of('newMessage')).toEqual([]);
  });
  it('RTM-4, MSG-5: come to all devices of the sender; typing comes to none of them', async () => {
    const [phone, desk, reader] = [await listen(owner), await listen(owner), await listen(guest)];
    expect(await phone.ask('typing', { conversationId: channel, isTyping: true })).toEqual({ ok: true });
    const typing = await reader.next('userTyping');
    expect(typing).toMatchObject({ conversationId: channel, userId: owner.id, isTyping: true });
    await phone.send(channel, 'hamıya');
    for (const one of [phone, desk, reader]) await one.next('newMessage', (message) => message.text === 'hamıya');
    expect(phone.of('userTyping')).toEqual([]);
    expect(desk.of('userTyping')).toEqual([]);
  });
  it('that are sent twice with one clientId are one message', async () => {
    const sender = await listen(owner);
    const first = await sender.send(channel, 'bir dəfə', { clientId: 'once' });
    const second = await sender.send(channel, 'bir dəfə', { clientId: 'once' });
    expect(second).toMatchObject({ ok: true, id: first.id, seq: first.seq });
    const last = await sender.send(channel, 'sonra');
    expect(last.seq).toBe(first.seq + 1);
    await sender.next('newMessage', (one) => one.seq === last.seq);
    expect(sender.of('newMessage').filter((one) => one.text === 'bir dəfə')).toHaveLength(1);
  });
  it('MSG-4: are told when they are edited, reacted to, read and deleted', async () => {
    const [sender, reader] = [await listen(owner), await listen(guest)];
    const { id, seq } = await sender.send(channel, 'ilk');
    expect(await reader.ask('react', { messageId: id, emoji: '👍' })).toEqual({ ok: true });
    await sender.next('reaction', (one) => one.messageId === id && one.userId === guest.id);
    expect(await sender.ask('editMessage', { messageId: id, text: 'son' })).toMatchObject({ ok: true, message: { version: 2 } });
    await reader.next('messageUpdated', (one) => one.id === id && one.text === 'son');
    expect(await reader.ask('markRead', { conversationId: channel, seq })).toMatchObject({ ok: true, marks: { readSeq: seq } });
    await sender.next('receipt', (one) => one.userId === guest.id && one.readSeq === seq);
    expect(await sender.ask('deleteMessage', { messageId: id })).toEqual({ ok: true });
    await reader.next('messageDeleted', (one) => one.id === id);
  });
  it('tells errors to those who ask for no answer, too', async () => {
    const sender = await listen(owner);
    sender.socket.emit('sendMessage', { conversationId: channel });
    expect(await sender.next('problem')).toMatchObject({ event: 'sendMessage', error: { status: 400 } });
    expect(await sender.ask('noSuchEvent', {})).toMatchObject({ ok: false, error: { code: 'not_found' } });
    expect(await sender.socket.timeout(5000).emitWithAck('sendMessage', 1, 2)).toMatchObject({ ok: false });
  });
});

describe('rights', () => {
  it('TOK-6: who may no longer view a channel is told nothing more of it', async () => {
    const secret = (await owner.do('POST', `/communities/${community}/channels`, { name: 'gizli', kind: 'text' })).id;
    const [sender, reader] = [await listen(owner), await listen(guest)];
    await sender.send(secret, 'hamı görür');
    await reader.next('newMessage', (one) => one.text === 'hamı görür');
    const everyone = (await owner.do('GET', `/communities/${community}/roles`)).items.find((role) => role.isEveryone);
    await owner.do('PUT', `/channels/${secret}/overrides/roles/${everyone.id}`, { allow: '0', deny: '1' });
    await reader.next('permissionsChanged', (one) => one.channelId === secret);
    await sender.send(secret, 'yalnız sahib');
    await sender.next('newMessage', (one) => one.text === 'yalnız sahib');
    await sender.send(channel, 'yenə hamı');
    await reader.next('newMessage', (one) => one.text === 'yenə hamı');
    expect(reader.of('newMessage').map((one) => one.text)).not.toContain('yalnız sahib');
  });
  it('who joins a community hears it at once, without connecting again', async () => {
    const late = await Person.register(server, 'gec');
    const [sender, reader] = [await listen(owner), await listen(late)];
    await gathering.bring(late);
    await reader.next('memberUpdated', (one) => one.userId === late.id);
    await sender.send(channel, 'xoş gəldin');
    await reader.next('newMessage', (one) => one.text === 'xoş gəldin');
  });
});

describe('moderation', () => {
  it('a ban takes back what was said just before, and says so', async () => {
    const spammer = await gathering.newMember('reklam');
    const [reader, sender] = [await listen(guest), await listen(spammer)];
    const { id } = await sender.send(channel, 'ucuz');
    await reader.next('newMessage', (one) => one.id === id);
    await owner.do('PUT', `/communities/${community}/bans/${spammer.id}`, { deleteMessagesSeconds: 3600 });
    await reader.next('messageDeleted', (one) => one.id === id);
    expect(await sender.send(channel, 'yenə')).toMatchObject({ ok: false, error: { code: 'not_found' } });
  });
});

describe('presence', () => {
  it('is told to those who share a place, and to nobody else', async () => {
    const fresh = await gathering.newMember('təzə');
    const [friend, outsider] = [await listen(owner), await listen(stranger)];
    const seen = await listen(fresh);
    await friend.next('presence', (one) => one.userId === fresh.id && one.state === 'active');
    expect(await friend.ask('getPresence', { userIds: [fresh.id, stranger.id] })).toEqual({ ok: true, items: [{ userId: fresh.id, state: 'active' }] });
    expect(await outsider.ask('getPresence', { userIds: [fresh.id] })).toEqual({ ok: true, items: [] });
    expect(await seen.ask('setPresence', { state: 'dnd' })).toEqual({ ok: true });
    await friend.next('presence', (one) => one.userId === fresh.id && one.state === 'dnd');
    expect(outsider.of('presence').filter((one) => one.userId === fresh.id)).toEqual([]);
  });
});

describe('the events', () => {
  it('are described at /api/v1/asyncapi.json', async () => {
    const answer = await fetch(`${server.http}/api/v1/asyncapi.json`);
    expect(answer.status).toBe(200);
    const document = await answer.json();
    expect(document.asyncapi).toBe('3.0.0');
    expect(document.operations.sendMessage.action).toBe('receive');
  });
  it('that a client may send do nothing for an outsider, whatever they hold', async () => {
    const [inside, outsider] = [await listen(owner), await listen(stranger)];
    const { id, seq } = await inside.send(channel, 'yalnız bizim');
    const document = await (await fetch(`${server.http}/api/v1/asyncapi.json`)).json();
    const commands = Object.entries(document.operations).filter(([, one]) => one.action === 'receive');
    const own = ['auth:refresh', 'getPresence', 'setPresence'];
    const before = await owner.do('GET', `/conversations/${channel}/messages`);
    for (const [name] of commands) {
      const argument = { conversationId: channel, messageId: id, text: 'yad', emoji: '👍', seq, isTyping: true, userIds: [owner.id], state: 'idle' };
      const answer = await outsider.ask(name, argument);
      if (own.includes(name)) expect(answer.ok, name).toBe(true);
      else expect(answer, name).toMatchObject({ ok: false, error: { code: 'not_found' } });
      for (const nonsense of [null, 7, 'x', [], {}, { conversationId: 7 }, { messageId: {} }, { conversationId: 'x'.repeat(5000) }]) {
        const refused = await outsider.ask(name, nonsense);
        expect(refused.ok || refused.error.status < 500, `${name} ${JSON.stringify(nonsense)?.slice(0, 40)}: ${JSON.stringify(refused)}`).toBe(true);
      }
    }
    expect(commands.length).toBeGreaterThan(8);
    expect(await owner.do('GET', `/conversations/${channel}/messages`)).toEqual(before);
    expect(inside.of('userTyping')).toEqual([]);
  });
});
