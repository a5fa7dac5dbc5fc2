// A server with a few people, of whom two are members of a community with a text channel, and who listen to it.
import { Listener } from './listener.mjs';
import { Person } from './person.mjs';
import { Server } from './server.mjs';

export class Gathering {
  open = [];

  static async start(flags = []) {
    const gathering = new Gathering();
    const server = await Server.start(flags);
    const [owner, guest, stranger] = await Promise.all(['aysel', 'ibrahim', 'yad'].map((name) => Person.register(server, name)));
    const community = (await owner.do('POST', '/communities', { name: 'Naxçıvan' })).id;
    const channel = (await owner.do('POST', `/communities/${community}/channels`, { name: 'ümumi', kind: 'text' })).id;
    Object.assign(gathering, { server, owner, guest, stranger, community, channel });
    await gathering.bring(guest);
    return gathering;
  }
  /** Makes somebody a member. */
  async bring(person) {
    const invite = await this.owner.do('POST', `/communities/${this.community}/invites`, {});
    await person.do('POST', `/invites/${invite.code}/accept`);
    return person;
  }
  /** A new member. */
  async newMember(name) {
    return this.bring(await Person.register(this.server, name));
  }
  async listen(person, options) {
    const listener = await Listener.open(person, options);
    this.open.push(listener);
    return listener;
  }
  hangUp() {
    for (const one of this.open.splice(0)) one.close();
  }
  stop() {
    this.hangUp();
    return this.server.stop();
  }
}
