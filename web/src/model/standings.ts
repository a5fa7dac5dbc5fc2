import type { Gateway, LiveEvent, Standing } from '../api/chat';
import { Store } from './store';

export interface StandingsState {
  /** Of the person; null before the gateway has said so. */
  userId: string | null;
  isConnected: boolean;
  byConversation: ReadonlyMap<string, Standing>;
}

const nothing: StandingsState = { userId: null, isConnected: false, byConversation: new Map() };

/** What the person's standings are after an event. */
export function applyToStandings(state: StandingsState, event: LiveEvent): StandingsState {
  if (event.name === 'ready') {
    const { userId, conversations } = event.ready;
    return { ...state, userId, byConversation: new Map(conversations.map((standing) => [standing.conversationId, standing])) };
  }
  const change = (id: string, make: (before: Standing) => Standing): StandingsState => {
    const before = state.byConversation.get(id) ?? { conversationId: id, lastSeq: 0, readSeq: 0, unread: 0 };
    return { ...state, byConversation: new Map(state.byConversation).set(id, make(before)) };
  };
  if (event.name === 'newMessage') {
    const { conversationId, seq, senderId } = event.message;
    const isKnown = (state.byConversation.get(conversationId)?.lastSeq ?? 0) >= seq;
    if (isKnown) return state;
    const more = senderId === state.userId ? 0 : 1;
    return change(conversationId, (before) => ({ ...before, lastSeq: seq, unread: before.unread + more }));
  }
  if (event.name === 'receipt' && event.userId === state.userId) {
    const { conversationId, readSeq } = event;
    return change(conversationId, (before) => {
      if (readSeq <= before.readSeq) return before;
      return { ...before, readSeq, unread: Math.min(before.unread, Math.max(0, before.lastSeq - readSeq)) };
    });
  }
  return state;
}

/** How far the person is in each conversation, and whether the gateway is there. */
export class StandingsModel {
  readonly state = new Store<StandingsState>(nothing);

  constructor(private readonly gateway: Gateway) {
    gateway.listen((event) => this.state.set(applyToStandings(this.state.get(), event)));
    gateway.listenToState((isConnected) => this.state.update({ isConnected }));
  }

  start(): void {
    this.gateway.start();
  }

  /** For the next person at this browser. */
  stop(): void {
    this.gateway.stop();
    this.state.set(nothing);
  }
}
