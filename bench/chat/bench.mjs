// Messages and sockets: Parley beside a Socket.IO 4 server of Node, with the same clients, one after the other.
//
//   bench/chat/run [SECONDS]     how long messages are sent in each case; 10 unless given
//
// CPU and memory are those of the server's process alone; Parley stores every message durably before it is delivered, the
// Node server keeps nothing. Clients and server share the machine, so latencies are those of a loaded one.
import { randomBytes } from 'node:crypto';
import { Client, percentile, several } from './crowd.mjs';
import { Parley, startNode } from './servers.mjs';

const seconds = Number(process.argv[2] ?? 10);
const people = 1000;
const rate = 20; // Messages a second in one conversation of everybody: 20,000 deliveries.
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const now = () => performance.now();

/** Sends for `seconds`, the senders in turn; what it cost and how long a message took to each. */
async function fanOut(server, clients, { perSecond, atOnce = 1 }, place, expected) {
  const taken = [];
  let delivered = 0;
  for (const client of clients) {
    client.onMessage = (data) => {
      delivered++;
      // One in twenty is looked at: parsing all of them would be the client's work.
      if (delivered % 20 === 0) taken.push(now() - Number(/~(\d+\.\d+)~/.exec(data.toString('latin1'))[1]));
    };
  }
  await wait(1000);
  const before = server.cpu();
  const sent = Math.round((seconds * perSecond) / atOnce) * atOnce;
  const begin = now();
  for (let i = 0; i < sent; i++) {
    const due = begin + (Math.floor(i / atOnce) * atOnce * 1000) / perSecond - now();
    if (due > 0) await wait(due);
    const sender = clients[(i * 7) % clients.length];
    sender.send(place(sender), `~${now().toFixed(3)}~ ${'word '.repeat(20)}`).then((answer) => {
      if (!answer.ok) throw new Error(JSON.stringify(answer));
    });
  }
  const deadline = now() + 15_000;
  while (delivered < sent * expected && now() < deadline) await wait(20);
  const cpu = server.cpu() - before;
  if (delivered !== sent * expected) console.log(`  VOID: ${delivered} of ${sent * expected} delivered`);
  return { delivered, us: (cpu * 1e6) / delivered, p50: percentile(taken, 0.5), p99: percentile(taken, 0.99) };
}

async function open(server, count, auth) {
  return several(count, 20, async (i) => {
    let client;
    client = await Client.open(server.port, auth(i), (data) => client?.onMessage?.(data));
    client.person = i % people;
    return client;
  });
}

/** Kilobytes for each of ten thousand sockets that are silent. */
async function idle(server, auth) {
  const first = await open(server, 100, auth);
  await wait(1000);
  const before = server.resident();
  const clients = await open(server, 10_000, auth);
  await wait(2000);
  const each = (server.resident() - before) / clients.length;
  for (const client of [...clients, ...first]) client.close();
  await wait(2000);
  return each;
}

function show(name, run) {
  console.log(`  ${name.padEnd(8)} ${run.us.toFixed(2)} us of CPU a delivery, send to delivery p50 ${run.p50.toFixed(1)} ms, p99 ${run.p99.toFixed(1)} ms (${run.delivered} deliveries)`);
}

async function files(parley) {
  const [person] = parley.people;
  const size = 20 * 1024 * 1024;
  const count = 10;
  const url = `http://127.0.0.1:${parley.process.port}/api/v1/files`;
  const headers = { authorization: `Bearer ${person.token}` };
  const measure = async (name, work) => {
    const cpu = parley.process.cpu();
    const begin = now();
    for (let i = 0; i < count; i++) await work(i);
    const took = (now() - begin) / 1000;
    const gigabytes = (count * size) / 2 ** 30;
    console.log(`  ${name.padEnd(8)} ${((count * size) / 2 ** 20 / took).toFixed(0)} MiB/s, ${((parley.process.cpu() - cpu) / gigabytes).toFixed(2)} s of CPU a GiB`);
  };
  const ids = [];
  await measure('upload', async () => {
    const form = new FormData();
    form.append('file', new Blob([randomBytes(size)]), 'bytes');
    ids.push((await (await fetch(url, { method: 'POST', headers, body: form })).json()).id);
  });
  for (const id of ids) while ((await parley.ask(person, 'GET', `/files/${id}`)).state !== 'ready') await wait(50);
  await measure('download', async (i) => (await fetch(`${url}/${ids[i]}/content`, { headers })).arrayBuffer());
}

console.log(`Messages: ${people} people, ${seconds} s a case, ${rate} messages/s in one conversation of all, 100/s in ${people / 5} of 5`);
const parley = await Parley.start(people);
const groups = await parley.groups();
const auth = (i) => ({ token: parley.people[i % people].token });
const here = await open(parley.process, people, auth);
const node = await startNode();
const there = await open(node, people, (i) => ({ rooms: ['all', `g${Math.floor((i % people) / 5)}`] }));

console.log('one conversation of 1,000');
const one = await fanOut(parley.process, here, { perSecond: rate }, () => parley.channel, people);
show('Parley', one);
const other = await fanOut(node, there, { perSecond: rate }, () => 'all', people);
show('Node', other);
console.log(`  Parley's CPU a delivery is ${(one.us / other.us).toFixed(2)} of Node's (wanted: 0.20)`);
console.log('the same, forty messages at once');
const burst = await fanOut(parley.process, here, { perSecond: rate, atOnce: 40 }, () => parley.channel, people);
show('Parley', burst);
const nodes = await fanOut(node, there, { perSecond: rate, atOnce: 40 }, () => 'all', people);
show('Node', nodes);
console.log(`  Parley's is ${(burst.us / nodes.us).toFixed(2)} of Node's`);
console.log(`${groups.length} conversations of 5`);
show('Parley', await fanOut(parley.process, here, { perSecond: 100 }, (client) => groups[Math.floor(client.person / 5)], 5));
show('Node', await fanOut(node, there, { perSecond: 100 }, (client) => `g${Math.floor(client.person / 5)}`, 5));
for (const client of [...here, ...there]) client.close();
await wait(1000);
console.log('files of 20 MiB, one after the other, on disk');
await files(parley);
await parley.process.stop();
await node.stop();

console.log('10,000 silent sockets');
// Servers that were not used before: what they have freed would be used again.
const quiet = await Parley.start(100);
const mine = await idle(quiet.process, (i) => ({ token: quiet.people[i % 100].token }));
await quiet.process.stop();
const silent = await startNode();
const theirs = await idle(silent, () => ({ rooms: ['all'] }));
await silent.stop();
console.log(`  Parley ${mine.toFixed(1)} kB a socket, Node ${theirs.toFixed(1)} kB: ${(mine / theirs).toFixed(2)} of it (wanted: 0.25)`);
process.exit(0);
