import { io, type Socket } from 'socket.io-client';
import type { Gateway, LiveEvent, Message, Ready } from './chat';
import { noAnswer, Problem } from './problem';

/** Beyond it a connection that says nothing is as good as gone. */
const answerTimeoutMs = 15_000;
/** A server that starts again is back in about a second; all its clients should not come in the same one. */
const retryMs = 500;
const longestRetryMs = 5_000;

interface Refusal {
  ok: false;
  error: { code: string; status: number; title: string; retryAfterMs?: number };
}

const messageEvents = ['newMessage', 'messageUpdated', 'messageDeleted'] as const;

/** The server's Socket.IO gateway. The session is in a cookie; `renew` brings a fresh one, or throws. */
export class SocketGateway implements Gateway {
  private socket: Socket | null = null;
  private lastEventId: string | null = null;
  /** Whether this connection asked to be told what it missed. */
  private asksForMissed = false;
  private readonly listeners = new Set<(event: LiveEvent) => void>();
  private readonly stateListeners = new Set<(isConnected: boolean) => void>();

  constructor(
    private readonly origin: string,
    private readonly renew: () => Promise<unknown>,
  ) {}

  start(): void {
    if (this.socket) return;
    const socket = io(this.origin, {
      forceNew: true,
      reconnectionDelay: retryMs,
      reconnectionDelayMax: longestRetryMs,
      auth: (give) => {
        this.asksForMissed = this.lastEventId !== null;
        give(this.lastEventId === null ? {} : { lastEventId: this.lastEventId });
      },
    });
    this.socket = socket;
    this.bind(socket);
  }

  stop(): void {
    this.socket?.disconnect();
    this.socket = null;
    this.lastEventId = null;
    this.tellState(false);
  }

  listen(listener: (event: LiveEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  listenToState(listener: (isConnected: boolean) => void): () => void {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  }

  async ask<T>(name: string, argument: object): Promise<T> {
    if (!this.socket?.connected) throw noAnswer();
    const answer = (await this.socket
      .timeout(answerTimeoutMs)
      .emitWithAck(name, argument)
      .catch(() => {
        throw noAnswer();
      })) as (T & { ok: true }) | Refusal;
    if (answer.ok) return answer;
    const { code, status, title, retryAfterMs } = answer.error;
    throw new Problem(code, status, title, retryAfterMs);
  }

  private bind(socket: Socket): void {
    socket.on('disconnect', (reason) => {
      this.tellState(false);
      // The server's own goodbye is not followed by a new attempt: it may have ended the session.
      if (reason === 'io server disconnect') this.comeBack(socket);
    });
    socket.on('connect_error', () => {
      // An active socket tries again by itself; another was refused, mostly for a session that is too old.
      if (!socket.active) this.comeBack(socket);
    });
    socket.on('ready', (ready: Ready) => {
      const isWhole = ready.recovered || this.asksForMissed;
      this.lastEventId ??= ready.eventId;
      this.tell({ name: 'ready', ready, isWhole });
      this.tellState(true);
    });
    socket.on('resumed', ({ eventId }: { eventId: string }) => this.reach(eventId));
    socket.on('resync', () => this.tell({ name: 'resync' }));
    socket.on('auth:expiring', () => void this.renew().then(() => socket.emit('auth:refresh', {})).catch(() => {}));
    for (const name of messageEvents) socket.on(name, (message: Message) => this.tell({ name, message }));
    socket.on('receipt', ({ conversationId, userId, readSeq }) => this.tell({ name: 'receipt', conversationId, userId, readSeq }));
    socket.on('userTyping', ({ conversationId, userId, isTyping }) => this.tell({ name: 'userTyping', conversationId, userId, isTyping }));
    socket.onAny((_name: string, argument?: { eventId?: string }) => {
      if (_name !== 'ready' && argument?.eventId) this.reach(argument.eventId);
    });
  }

  /** A position in the server's log, which only grows; as text, because a JavaScript number may not hold it. */
  private reach(eventId: string): void {
    if (this.lastEventId === null || BigInt(eventId) > BigInt(this.lastEventId)) this.lastEventId = eventId;
  }

  private comeBack(socket: Socket): void {
    this.renew().then(
      () => this.socket === socket && setTimeout(() => this.socket === socket && socket.connect(), longestRetryMs),
      (error: unknown) => {
        if (error instanceof Problem && error.status === 401) return;
        setTimeout(() => this.socket === socket && this.comeBack(socket), longestRetryMs);
      },
    );
  }

  private tell(event: LiveEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private tellState(isConnected: boolean): void {
    for (const listener of this.stateListeners) listener(isConnected);
  }
}
