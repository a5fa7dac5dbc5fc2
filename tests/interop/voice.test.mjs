// Voice channels with real clients: who is where, what a token says, and rights that act inside a call. Once with the SFU
// of the server itself, once with a second server as its LiveKit, and once with a real livekit-server where there is one.
import { AudioFrame, AudioSource, LocalAudioTrack, Room, RoomEvent, TrackPublishOptions, TrackSource } from '@livekit/rtc-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as livekitServer from './livekit_server.mjs';
import { LivekitServer } from './livekit_server.mjs';
import { Person as Account } from './person.mjs';
import { Server } from './server.mjs';
import { eventually, freePort } from './support.mjs';

/** One who can go into voice channels. */
class Person extends Account {
  async enter(channel) {
    const ticket = await this.do('POST', `/channels/${channel}/voice/join`);
    const room = new Room();
    await room.connect(ticket.url, ticket.token, { autoSubscribe: true, dynacast: false });
    return room;
  }
}

/** Speaks into a room until the returned function is called. */
async function speak(room) {
  const source = new AudioSource(48_000, 1);
  const options = new TrackPublishOptions();
  options.source = TrackSource.SOURCE_MICROPHONE;
  const publication = await room.localParticipant.publishTrack(LocalAudioTrack.createAudioTrack('microphone', source), options);
  let isSpeaking = true;
  const done = (async () => {
    const samples = Int16Array.from({ length: 480 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 440 * i) / 48_000));
    while (isSpeaking) await source.captureFrame(new AudioFrame(samples, 48_000, 1, 480));
  })().catch(() => {});
  return { publication, stop: () => ((isSpeaking = false), done) };
}

/** What is left to a reconciliation happens within some seconds instead of half a minute. */
const impatient = ['--room-reconcile-interval', '3'];

const modes = [
  ['its own SFU', async () => ({ server: await Server.start(impatient) })],
  ['another LiveKit', async () => {
    // The two must know each other's address: the product's port is found first.
    const port = await freePort();
    const livekit = await Server.start(['--webhook-urls', `http://127.0.0.1:${port}/api/v1/webhooks/livekit`]);
    const env = { LIVEKIT_URL: livekit.url, LIVEKIT_API_KEY: 'devkey', LIVEKIT_API_SECRET: 'secret' };
    return { server: await Server.start(impatient, { port, env }), livekit };
  }],
];
if (livekitServer.program) {
  modes.push(['a real livekit-server', async () => {
    const port = await freePort();
    const livekit = await LivekitServer.start(`http://127.0.0.1:${port}/api/v1/webhooks/livekit`);
    const env = { LIVEKIT_URL: livekit.url, LIVEKIT_API_KEY: livekitServer.key, LIVEKIT_API_SECRET: livekitServer.secret };
    return { server: await Server.start(impatient, { port, env }), livekit };
  }]);
}

describe.each(modes)('ARC-4: voice channels on %s', (_, start) => {
  let servers, owner, guest, community, channel, everyone;
  const rooms = [];
  /** Like eventually(); says how long it took, which the requirements put below a second. */
  const soon = async (check, what) => {
    const from = performance.now();
    const value = await eventually(check, what);
    console.log(`${what} after ${Math.round(performance.now() - from)} ms`);
    return value;
  };
  const states = async () => (await owner.do('GET', `/communities/${community}/voice-states`)).items;
  const enter = async (person) => {
    const room = await person.enter(channel);
    rooms.push(room);
    return room;
  };

  beforeAll(async () => {
    servers = await start();
    owner = await Person.register(servers.server, 'ayla');
    guest = await Person.register(servers.server, 'bulut');
    community = (await owner.do('POST', '/communities', { name: 'Qarabağ' })).id;
    channel = (await owner.do('POST', `/communities/${community}/channels`, { name: 'Söhbət', kind: 'voice' })).id;
    everyone = (await owner.do('GET', `/communities/${community}/roles`)).items.find((role) => role.isEveryone);
    const invite = await owner.do('POST', `/communities/${community}/invites`, {});
    await guest.do('POST', `/invites/${invite.code}/accept`);
  });
  afterEach(async () => {
    await Promise.all(rooms.splice(0).map((room) => room.disconnect()));
    await eventually(async () => (await states()).length === 0, 'the channel empties');
  });
  afterAll(async () => {
    await servers.server.stop();
    await servers.livekit?.stop();
  });

  it('WHK-2, WHK-7: shows who is there, muted or not, and who has left, within a second', async () => {
    const room = await enter(guest);
    await soon(async () => (await states()).some((s) => s.userId === guest.id && s.isMuted), 'the guest appears');
    const voice = await speak(room);
    await soon(async () => (await states()).some((s) => s.userId === guest.id && !s.isMuted), 'the microphone shows');
    await voice.stop();
    await room.disconnect();
    await soon(async () => (await states()).length === 0, 'the guest disappears');
  });

  it('TOK-1, TOK-2, TOK-4: tells others name, picture and role without a further request', async () => {
    await enter(owner);
    const room = await enter(guest);
    const ticket = await guest.do('POST', `/channels/${channel}/voice/join`);
    const claims = JSON.parse(Buffer.from(ticket.token.split('.')[1], 'base64url'));
    expect(claims.sub).toBe(guest.id);
    expect(claims.exp - claims.nbf).toBe(3600);
    const other = await eventually(() => room.remoteParticipants.get(owner.id), 'the owner is seen');
    expect(other.name).toBe('AYLA');
    expect(JSON.parse(other.metadata)).toMatchObject({ name: 'AYLA', role: '' });
    expect(other.attributes.serverMuted).toBe('false');
  });

  it('TOK-3: a profile that changes during a call changes for the others', async () => {
    const watching = await enter(owner);
    await enter(guest);
    await eventually(() => watching.remoteParticipants.get(guest.id), 'the guest is seen');
    await guest.do('PATCH', '/users/me', { displayName: 'Bulut Bəy' });
    await soon(() => watching.remoteParticipants.get(guest.id)?.name === 'Bulut Bəy', 'the new name is seen');
    await guest.do('PATCH', '/users/me', { displayName: 'BULUT' });
  });

  it('TOK-6: losing speak takes the microphone away within a second', async () => {
    const watching = await enter(owner);
    const room = await enter(guest);
    const voice = await speak(room);
    await eventually(() => watching.remoteParticipants.get(guest.id)?.trackPublications.size === 1, 'the microphone is heard');
    const speakBit = 1n << 21n;
    const permissions = (BigInt(everyone.permissions) & ~speakBit).toString();
    await owner.do('PATCH', `/communities/${community}/roles/${everyone.id}`, { permissions });
    await soon(() => watching.remoteParticipants.get(guest.id)?.trackPublications.size === 0, 'the microphone is gone');
    await voice.stop();
    await owner.do('PATCH', `/communities/${community}/roles/${everyone.id}`, { permissions: everyone.permissions });
  });

  it('WHK-8: a ban ends the session, and its owner gets no further ticket', async () => {
    const room = await enter(guest);
    const ended = new Promise((resolve) => room.on(RoomEvent.Disconnected, resolve));
    await owner.do('PUT', `/communities/${community}/bans/${guest.id}`, {});
    await ended;
    expect((await guest.ask('POST', `/channels/${channel}/voice/join`)).status).toBe(404);
    await soon(async () => (await states()).length === 0, 'the banned one disappears');
    await owner.do('DELETE', `/communities/${community}/bans/${guest.id}`);
    const invite = await owner.do('POST', `/communities/${community}/invites`, {});
    await guest.do('POST', `/invites/${invite.code}/accept`);
  });

  it('WHK-8: a channel that is deleted ends its calls', async () => {
    const doomed = (await owner.do('POST', `/communities/${community}/channels`, { name: 'Son', kind: 'voice' })).id;
    const room = await guest.enter(doomed);
    rooms.push(room);
    const ended = new Promise((resolve) => room.on(RoomEvent.Disconnected, resolve));
    await owner.do('DELETE', `/channels/${doomed}`);
    await ended;
  });

  it('moves a member who follows: he is handed a ticket that nobody else sees', async () => {
    const other = (await owner.do('POST', `/communities/${community}/channels`, { name: 'O biri', kind: 'voice' })).id;
    const watching = await enter(owner);
    const room = await enter(guest);
    const seen = [];
    watching.on(RoomEvent.DataReceived, (...args) => seen.push(args));
    const move = new Promise((resolve) =>
      room.on(RoomEvent.DataReceived, (payload, sender, kind, topic) => resolve({ sender, topic, ...JSON.parse(new TextDecoder().decode(payload)) })),
    );
    await owner.do('POST', `/communities/${community}/members/${guest.id}/move`, { channelId: other });
    const { sender, topic, channelId, ticket } = await move;
    expect(topic).toBe('parley.move');
    expect(sender).toBeUndefined();
    expect(channelId).toBe(other);
    const next = new Room();
    rooms.push(next);
    await next.connect(ticket.url || servers.server.url, ticket.token, { autoSubscribe: true, dynacast: false });
    await room.disconnect();
    await soon(async () => {
      const mine = (await states()).filter((s) => s.userId === guest.id);
      return mine.length === 1 && mine[0].channelId === other;
    }, 'he is in the other channel');
    expect(seen).toEqual([]);
  });

  it('takes out a member who was moved and stays', { timeout: 60_000 }, async () => {
    const other = (await owner.do('POST', `/communities/${community}/channels`, { name: 'Üçüncü', kind: 'voice' })).id;
    const room = await enter(guest);
    const ended = new Promise((resolve) => room.on(RoomEvent.Disconnected, resolve));
    await eventually(async () => (await states()).length === 1, 'he is seen');
    await owner.do('POST', `/communities/${community}/members/${guest.id}/move`, { channelId: other });
    await ended;
    await soon(async () => (await states()).length === 0, 'he is gone');
  });

  it('lets nobody in who may not connect, and no stranger know of it', async () => {
    const stranger = await Person.register(servers.server, 'yad');
    expect((await stranger.ask('POST', `/channels/${channel}/voice/join`)).status).toBe(404);
    expect((await stranger.ask('GET', `/communities/${community}/voice-states`)).status).toBe(404);
  });
});

describe('WHK-5: after kill -9', () => {
  const person = async (server, name, channelOf) => {
    const made = await Person.register(server, name);
    const community = (await made.do('POST', '/communities', { name: 'Ev' })).id;
    const channel = (await made.do('POST', `/communities/${community}/channels`, { name: channelOf, kind: 'voice' })).id;
    return { made, community, channel };
  };
  const present = async (who) => (await who.made.do('GET', `/communities/${who.community}/voice-states`)).items.length;

  it('of the server with its own SFU nobody is left in a channel, and accounts are as they were', async () => {
    const first = await Server.start();
    const who = await person(first, 'ayla', 'Söhbət');
    const room = await who.made.enter(who.channel);
    await eventually(async () => (await present(who)) === 1, 'she appears');
    await first.stop('SIGKILL');
    await room.disconnect();
    const second = await Server.start([], { port: first.port, data: first.data });
    await eventually(async () => (await present(who)) === 0, 'no ghost is left');
    const again = await who.made.enter(who.channel);
    await eventually(async () => (await present(who)) === 1, 'she appears again');
    await again.disconnect();
    await second.stop();
  });

  const livekits = [['another server', {
    start: () => Server.start(),
    again: ({ port, data }) => Server.start([], { port, data }),
    env: { LIVEKIT_API_KEY: 'devkey', LIVEKIT_API_SECRET: 'secret' },
  }]];
  if (livekitServer.program) {
    livekits.push(['a real livekit-server', {
      start: () => LivekitServer.start(),
      again: ({ ports }) => LivekitServer.start(undefined, ports),
      env: { LIVEKIT_API_KEY: livekitServer.key, LIVEKIT_API_SECRET: livekitServer.secret },
    }]);
  }

  it.each(livekits)('of the LiveKit, %s, nobody is left in a channel once it is back', { timeout: 60_000 }, async (_, peer) => {
    const livekit = await peer.start();
    const env = { ...peer.env, LIVEKIT_URL: livekit.url };
    const product = await Server.start(impatient, { env });
    const who = await person(product, 'ayla', 'bir');
    const room = await who.made.enter(who.channel);
    await eventually(async () => (await present(who)) === 1, 'she appears', 40_000);
    await livekit.stop('SIGKILL');
    await room.disconnect();
    const again = await peer.again(livekit);
    await eventually(async () => (await present(who)) === 0, 'no ghost is left', 40_000);
    await product.stop();
    await again.stop();
  });

  it('of the product, who left the LiveKit meanwhile is gone, and who stayed is there', { timeout: 60_000 }, async () => {
    const livekit = await Server.start();
    const env = { LIVEKIT_URL: livekit.url, LIVEKIT_API_KEY: 'devkey', LIVEKIT_API_SECRET: 'secret' };
    const first = await Server.start(impatient, { env });
    const leaving = await person(first, 'ayla', 'bir');
    const staying = await person(first, 'bulut', 'iki');
    const rooms = [await leaving.made.enter(leaving.channel), await staying.made.enter(staying.channel)];
    // No webhook reaches the product here: only reconciliation tells it.
    await first.stop('SIGKILL');
    await rooms[0].disconnect();
    const second = await Server.start(impatient, { env, port: first.port, data: first.data });
    await eventually(async () => (await present(staying)) === 1, 'the one who stayed appears', 40_000);
    expect(await present(leaving)).toBe(0);
    await rooms[1].disconnect();
    await second.stop();
    await livekit.stop();
  });
});
