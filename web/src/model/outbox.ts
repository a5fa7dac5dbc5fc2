import type { Gateway, Message } from '../api/chat';
import { asProblem, type Problem } from '../api/problem';
import type { SentFile } from './attachments';
import type { Clock } from './poller';
import { Store } from './store';

/** A message of the person's own that the server has not acknowledged. */
export interface Outgoing {
  clientId: string;
  text: string;
  files: readonly SentFile[];
  state: 'queued' | 'sending' | 'failed';
  /** Why it failed. */
  problem: Problem | null;
}

/** A connection that gives no answer is mostly gone, and the next one sends at once. */
const noAnswerPauseMs = 1_000;

/**
 * Messages on their way to one conversation, sent one after the other in the order in which they were written. What got no
 * answer is sent again under the same clientId, of which the server keeps one.
 */
export class Outbox {
  readonly state = new Store<readonly Outgoing[]>([]);
  private isSending = false;
  private isOpen = false;
  private isWaiting = false;

  constructor(
    private readonly gateway: Gateway,
    private readonly clock: Clock,
    private readonly conversationId: string,
    private readonly makeId: () => string,
    private readonly onSent: (message: Message) => void,
  ) {}

  add(text: string, files: readonly SentFile[] = []): void {
    this.state.set([...this.state.get(), { clientId: this.makeId(), text, files, state: 'queued', problem: null }]);
    void this.flush();
  }

  retry(clientId: string): void {
    this.change(clientId, { state: 'queued', problem: null });
    void this.flush();
  }

  drop(clientId: string): void {
    this.state.set(this.state.get().filter((one) => one.clientId !== clientId));
  }

  /** Whether the gateway is there. */
  setOpen(isOpen: boolean): void {
    this.isOpen = isOpen;
    void this.flush();
  }

  private async flush(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    for (let next = this.next(); next; next = this.next()) {
      if (!(await this.send(next))) break;
    }
    this.isSending = false;
  }

  private next(): Outgoing | undefined {
    return this.isOpen && !this.isWaiting ? this.state.get().find(({ state }) => state === 'queued') : undefined;
  }

  /** Whether the next may be sent. */
  private async send({ clientId, text, files }: Outgoing): Promise<boolean> {
    this.change(clientId, { state: 'sending' });
    try {
      const { conversationId } = this;
      const attachments = files.length > 0 ? { attachments: files.map(({ id }) => id) } : {};
      const wanted = { conversationId, ...(text && { text }), clientId, ...attachments };
      const { message } = await this.gateway.ask<{ message: Message }>('sendMessage', wanted);
      this.onSent(message);
      this.drop(clientId);
      return true;
    } catch (error) {
      this.refuse(clientId, asProblem(error));
      return !this.isWaiting;
    }
  }

  private refuse(clientId: string, problem: Problem): void {
    const isTemporary = problem.status === 0 || problem.retryAfterMs > 0;
    this.change(clientId, isTemporary ? { state: 'queued' } : { state: 'failed', problem });
    if (!isTemporary) return;
    this.isWaiting = true;
    this.clock.setTimeout(() => {
      this.isWaiting = false;
      void this.flush();
    }, problem.retryAfterMs || noAnswerPauseMs);
  }

  private change(clientId: string, change: Partial<Outgoing>): void {
    this.state.set(this.state.get().map((one) => (one.clientId === clientId ? { ...one, ...change } : one)));
  }
}
