// A stock Socket.IO client that writes down all it is told, for tests.
import { io } from 'socket.io-client';
import { eventually } from './support.mjs';

export class Listener {
  /** Connects and waits for `ready`. */
  static async open(person, options = {}) {
    const listener = new Listener(person, options);
    await listener.next('ready');
    return listener;
  }
  constructor(person, { auth = {}, ...options } = {}) {
    this.told = [];
    this.socket = io(person.server.http, { auth: { token: person.token, ...auth }, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options });
    this.socket.onAny((name, argument) => this.told.push({ name, argument }));
  }
  of(name) {
    return this.told.filter((one) => one.name === name).map((one) => one.argument);
  }
  /** The first event of this name, or the first that `suits`. */
  next(name, suits = () => true) {
    return eventually(() => this.of(name).find(suits), `${name} is told`);
  }
  /** What the server answers to an event. */
  ask(name, argument) {
    return this.socket.timeout(15_000).emitWithAck(name, argument);
  }
  /** Says something; waits where it must. */
  async send(conversationId, text, more = {}) {
    for (;;) {
      const answer = await this.ask('sendMessage', { conversationId, text, ...more });
      if (answer.error?.code !== 'rate_limited') return answer;
      await new Promise((resolve) => setTimeout(resolve, answer.error.retryAfterMs));
    }
  }
  /** Where it has arrived: the last event id it was given. */
  get lastEventId() {
    return this.told.map((one) => one.argument?.eventId).filter(Boolean).at(-1);
  }
  /** Breaks the connection without a word, as a network does. */
  cut() {
    this.socket.io.engine.close();
  }
  close() {
    this.socket.disconnect();
  }
}
