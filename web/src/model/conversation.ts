import type { History, LiveEvent, Message } from '../api/chat';

/**
 * What is known of one conversation, as plain data. `messages` is one run without a gap, by seq; what arrives beyond a gap
 * waits in `held` until the part between has been fetched.
 */
export interface Conversation {
  id: string;
  messages: readonly Message[];
  held: readonly Message[];
  /** The highest seq that is known to exist. */
  knownSeq: number;
  /** To be asked for as `before`; null: there are none before. */
  prev: number | null;
  isLoaded: boolean;
  /** How far everyone has read, by user. */
  read: ReadonlyMap<string, number>;
}

export const emptyConversation = (id: string): Conversation => ({
  id,
  messages: [],
  held: [],
  knownSeq: 0,
  prev: null,
  isLoaded: false,
  read: new Map(),
});

export const lastSeq = (conversation: Conversation): number => conversation.messages.at(-1)?.seq ?? 0;

/** Whether something before what was told last is not there yet. */
export const hasGap = (conversation: Conversation): boolean => conversation.isLoaded && conversation.knownSeq > lastSeq(conversation);

/** Whether `next` says what has become of a message since `known`. */
function isNewer(next: Message, known: Message): boolean {
  return next.version > known.version || (next.version === known.version && (next.change ?? 0) > (known.change ?? 0));
}

/** One of each seq, the newest version of it, in order. */
function united(...parts: readonly (readonly Message[])[]): Message[] {
  const bySeq = new Map<number, Message>();
  for (const message of parts.flat()) {
    const known = bySeq.get(message.seq);
    if (!known || isNewer(message, known)) bySeq.set(message.seq, message);
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Moves what follows without a gap from `held` to the messages. */
function settled(conversation: Conversation): Conversation {
  if (!conversation.isLoaded) return conversation;
  const messages = [...conversation.messages];
  const held: Message[] = [];
  for (const message of conversation.held) {
    if (message.seq === (messages.at(-1)?.seq ?? 0) + 1) messages.push(message);
    else if (message.seq > (messages.at(-1)?.seq ?? 0)) held.push(message);
  }
  return { ...conversation, messages, held };
}

/** The newest page: everything before it is forgotten, and can be asked for again. */
export function startWith(conversation: Conversation, page: History): Conversation {
  const from = page.items[0]?.seq ?? 0;
  // What was told while the answer was on its way may be newer than it.
  const told = [...conversation.messages, ...conversation.held];
  const inside = told.filter(({ seq }) => page.items.some((item) => item.seq === seq));
  const messages = united(page.items, inside);
  const last = messages.at(-1)?.seq ?? 0;
  const held = united(told.filter(({ seq }) => seq > last && seq >= from));
  const knownSeq = Math.max(conversation.knownSeq, last);
  return settled({ ...conversation, messages, held, knownSeq, prev: page.prev ?? null, isLoaded: true });
}

/** Messages before those that are there. */
export const withOlder = (conversation: Conversation, page: History): Conversation => ({
  ...conversation,
  messages: united(page.items, conversation.messages),
  prev: page.prev ?? null,
});

/** Messages after those that are there. What the server leaves out does not exist any more. */
export function withNewer(conversation: Conversation, page: History): Conversation {
  const next = { ...conversation, messages: united(conversation.messages, page.items) };
  if (page.next != null) return settled({ ...next, held: united(conversation.held, page.items) });
  const last = lastSeq(next);
  const held = united(conversation.held, page.items);
  const isInside = (seq: number): boolean => seq <= last;
  const messages = united(next.messages, held.filter(({ seq }) => isInside(seq)));
  const rest = held.filter(({ seq }) => !isInside(seq));
  return settled({ ...next, messages, held: rest, knownSeq: Math.max(last, rest.at(-1)?.seq ?? 0) });
}

function withMessage(conversation: Conversation, message: Message): Conversation {
  const isOlder = conversation.isLoaded && message.seq < (conversation.messages[0]?.seq ?? 0);
  // It is fetched, as it is now, when the person goes back that far.
  if (isOlder) return conversation;
  const knownSeq = Math.max(conversation.knownSeq, message.seq);
  if (message.seq <= lastSeq(conversation)) return { ...conversation, messages: united(conversation.messages, [message]) };
  return settled({ ...conversation, knownSeq, held: united(conversation.held, [message]) });
}

/** Marks only rise. */
export function withRead(conversation: Conversation, userId: string, readSeq: number): Conversation {
  if ((conversation.read.get(userId) ?? 0) >= readSeq) return conversation;
  return { ...conversation, read: new Map(conversation.read).set(userId, readSeq) };
}

/** What the conversation is after an event. One that is told again, or is of another conversation, changes nothing. */
export function apply(conversation: Conversation, event: LiveEvent): Conversation {
  switch (event.name) {
    case 'newMessage':
    case 'messageUpdated':
    case 'messageDeleted':
      return event.message.conversationId === conversation.id ? withMessage(conversation, event.message) : conversation;
    case 'receipt':
      return event.conversationId === conversation.id ? withRead(conversation, event.userId, event.readSeq) : conversation;
    case 'ready': {
      const standing = event.ready.conversations.find(({ conversationId }) => conversationId === conversation.id);
      return standing ? { ...conversation, knownSeq: Math.max(conversation.knownSeq, standing.lastSeq) } : conversation;
    }
    default:
      return conversation;
  }
}
