import type { Gateway, LiveEvent, Message } from '../api/chat';
import type { Uploader } from '../api/files';
import type { ParleyApi } from '../api/parley';
import { asProblem, type Problem } from '../api/problem';
import { AttachmentsModel } from './attachments';
import { apply, emptyConversation, hasGap, lastSeq, startWith, withNewer, withOlder, withRead, type Conversation } from './conversation';
import { Outbox } from './outbox';
import type { Clock, PageVisibility } from './poller';
import { RecorderModel, type VoiceInput } from './recorder';
import type { StandingsModel } from './standings';
import { Store } from './store';

export interface ChatState {
  conversation: Conversation;
  /** Who is writing. */
  typing: readonly string[];
  /** What the person had read when the conversation was opened. */
  readBefore: number;
  isLoadingOlder: boolean;
  /** Why messages are missing. */
  problem: Problem | null;
}

/** What a chat works with. */
export interface ChatPorts {
  api: ParleyApi;
  gateway: Gateway;
  standings: StandingsModel;
  clock: Clock;
  visibility: PageVisibility;
  uploader: Uploader;
  voiceInput: VoiceInput;
  makeId: () => string;
}

/** As long as the server shows somebody as writing who says nothing more. */
const typingLastsMs = 6_000;
/** The others are told again before that is over. */
const typingEveryMs = 3_000;
const retryMs = 2_000;

/** One conversation while it is looked at. */
export class ChatModel {
  readonly state: Store<ChatState>;
  readonly outbox: Outbox;
  /** Of the next message. */
  readonly attachments: AttachmentsModel;
  readonly recorder: RecorderModel;
  private readonly forget: () => void;
  private readonly typingTimers = new Map<string, number>();
  private ownTyping: number | null = null;
  private retryTimer: number | null = null;
  private stops: (() => void)[] = [];
  private isFetching = false;
  private isStale = true;
  private markedSeq = 0;
  private playedSeq = 0;

  constructor(
    private readonly ports: ChatPorts,
    readonly id: string,
  ) {
    const { gateway, standings, clock, makeId } = ports;
    const readBefore = standings.state.get().byConversation.get(id)?.readSeq ?? 0;
    this.state = new Store<ChatState>({ conversation: emptyConversation(id), typing: [], readBefore, isLoadingOlder: false, problem: null });
    this.outbox = new Outbox(gateway, clock, id, makeId, (message) => this.take({ name: 'newMessage', message }));
    this.attachments = new AttachmentsModel(ports.uploader);
    this.recorder = new RecorderModel(ports.voiceInput, ports.uploader, clock, (file) => this.outbox.add('', [file]));
    this.outbox.setOpen(standings.state.get().isConnected);
    // What was written is sent, whether or not it is still looked at.
    this.forget = gateway.listenToState((isConnected) => this.outbox.setOpen(isConnected));
  }

  start(): void {
    const { gateway, standings, visibility } = this.ports;
    this.stops = [
      gateway.listen((event) => this.take(event)),
      gateway.listenToState(() => this.markRead()),
      visibility.subscribe(() => this.markRead()),
    ];
    this.state.update({ readBefore: standings.state.get().byConversation.get(this.id)?.readSeq ?? 0 });
    this.isStale = true;
    void this.fetchMissing();
  }

  stop(): void {
    this.type('');
    this.recorder.leave();
    for (const stop of this.stops) stop();
    this.stops = [];
    for (const timer of this.typingTimers.values()) this.ports.clock.clearTimeout(timer);
    this.typingTimers.clear();
    if (this.retryTimer !== null) this.ports.clock.clearTimeout(this.retryTimer);
    this.retryTimer = null;
  }

  /** Nothing more is sent. */
  close(): void {
    this.stop();
    this.attachments.clear();
    this.recorder.cancel();
    this.forget();
    this.outbox.setOpen(false);
  }

  send(text: string): void {
    this.type('');
    this.outbox.add(text.trim(), this.attachments.take());
  }

  /** The person listens to the voice message with this seq. */
  markPlayed(seq: number): void {
    if (seq <= this.playedSeq) return;
    const before = this.playedSeq;
    this.playedSeq = seq;
    this.ports.gateway.ask('markRead', { conversationId: this.id, playedSeq: seq }).catch(() => {
      // Listening again tries again.
      if (this.playedSeq === seq) this.playedSeq = before;
    });
  }

  /** The person has changed what is about to be sent. */
  type(text: string): void {
    const isTyping = text.trim() !== '';
    if (isTyping === (this.ownTyping !== null)) return;
    const { clock, gateway } = this.ports;
    if (this.ownTyping !== null) clock.clearTimeout(this.ownTyping);
    this.ownTyping = isTyping ? clock.setTimeout(() => (this.ownTyping = null), typingEveryMs) : null;
    // A courtesy: nobody misses it.
    gateway.ask('typing', { conversationId: this.id, isTyping }).catch(() => {});
  }

  async loadOlder(): Promise<void> {
    const { conversation, isLoadingOlder } = this.state.get();
    if (conversation.prev === null || isLoadingOlder) return;
    this.state.update({ isLoadingOlder: true });
    try {
      const page = await this.ports.api.history(this.id, { before: conversation.prev });
      const now = this.state.get().conversation;
      // A resync meanwhile began anew.
      if (now.prev === conversation.prev) this.state.update({ conversation: withOlder(now, page) });
    } catch (error) {
      this.state.update({ problem: asProblem(error) });
    } finally {
      this.state.update({ isLoadingOlder: false });
    }
  }

  private take(event: LiveEvent): void {
    const before = this.state.get().conversation;
    const conversation = apply(before, event);
    if (conversation !== before) this.state.update({ conversation });
    if (event.name === 'userTyping' && event.conversationId === this.id) this.setTyping(event.userId, event.isTyping);
    if (event.name === 'newMessage' && event.message.conversationId === this.id) {
      const { senderId, clientId } = event.message;
      this.setTyping(senderId, false);
      if (clientId && senderId === this.ports.standings.state.get().userId) this.outbox.drop(clientId);
    }
    if (event.name === 'resync' || (event.name === 'ready' && !event.isWhole)) this.isStale = true;
    if (this.isStale || hasGap(conversation)) void this.fetchMissing();
    this.markRead();
  }

  /** Fetches until nothing is missing; what is told meanwhile may make more missing. */
  private async fetchMissing(): Promise<void> {
    if (this.isFetching || this.stops.length === 0) return;
    this.isFetching = true;
    try {
      while (this.isStale || hasGap(this.state.get().conversation)) await (this.isStale ? this.fetchNewest() : this.fetchNewer());
      this.state.update({ problem: null });
    } catch (error) {
      this.state.update({ problem: asProblem(error) });
      const { clock } = this.ports;
      if (this.stops.length > 0)
        this.retryTimer ??= clock.setTimeout(() => {
          this.retryTimer = null;
          void this.fetchMissing();
        }, retryMs);
    } finally {
      this.isFetching = false;
    }
    this.markRead();
  }

  private async fetchNewest(): Promise<void> {
    this.isStale = false;
    try {
      const [page, receipts] = await Promise.all([this.ports.api.history(this.id, {}), this.ports.api.receipts(this.id)]);
      let conversation = startWith(this.state.get().conversation, page);
      for (const { userId, readSeq } of receipts.items) conversation = withRead(conversation, userId, readSeq);
      this.state.update({ conversation });
    } catch (error) {
      this.isStale = true;
      throw error;
    }
  }

  private async fetchNewer(): Promise<void> {
    const page = await this.ports.api.history(this.id, { after: lastSeq(this.state.get().conversation) });
    this.state.update({ conversation: withNewer(this.state.get().conversation, page) });
  }

  /** What a person sees counts as read; what a hidden page shows does not. */
  private markRead(): void {
    const { conversation } = this.state.get();
    const seq = lastSeq(conversation);
    const { visibility, gateway, standings } = this.ports;
    const standing = standings.state.get();
    const readSeq = Math.max(this.markedSeq, standing.byConversation.get(this.id)?.readSeq ?? 0);
    if (this.stops.length === 0 || !standing.isConnected || visibility.isHidden() || seq <= readSeq) return;
    this.markedSeq = seq;
    gateway.ask('markRead', { conversationId: this.id, seq }).catch(() => {
      // The next thing that happens here tries again.
      if (this.markedSeq === seq) this.markedSeq = 0;
    });
  }

  private setTyping(userId: string, isTyping: boolean): void {
    const { clock } = this.ports;
    const timer = this.typingTimers.get(userId);
    if (timer !== undefined) clock.clearTimeout(timer);
    this.typingTimers.delete(userId);
    if (isTyping) this.typingTimers.set(userId, clock.setTimeout(() => this.setTyping(userId, false), typingLastsMs));
    const typing = [...this.typingTimers.keys()];
    if (typing.join() !== this.state.get().typing.join()) this.state.update({ typing });
  }
}

/** By message: who has read up to there and no further of the messages that `userId` wrote. */
export function readersOf({ messages, read }: Conversation, userId: string): ReadonlyMap<number, string[]> {
  const own: readonly Message[] = messages.filter(({ senderId }) => senderId === userId);
  const readers = new Map<number, string[]>();
  for (const [reader, readSeq] of read) {
    const last = reader === userId ? undefined : own.filter(({ seq }) => seq <= readSeq).at(-1);
    if (last) readers.set(last.seq, [...(readers.get(last.seq) ?? []), reader]);
  }
  return readers;
}

/** The chats of the person who is signed in: each is kept, with what it has not sent yet. */
export class ChatsModel {
  private readonly chats = new Map<string, ChatModel>();

  constructor(private readonly ports: ChatPorts) {}

  of(conversationId: string): ChatModel {
    const chat = this.chats.get(conversationId) ?? new ChatModel(this.ports, conversationId);
    this.chats.set(conversationId, chat);
    return chat;
  }

  /** For the next person at this browser. */
  clear(): void {
    for (const chat of this.chats.values()) chat.close();
    this.chats.clear();
  }
}
