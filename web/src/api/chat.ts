// What the server tells of conversations, as it stands in answers and events.

import type { FileView } from './files';

export interface Message {
  id: string;
  conversationId: string;
  /** Dense within the conversation, from 1. */
  seq: number;
  senderId: string;
  clientId?: string | null;
  /** Empty when it is deleted. */
  text: string;
  attachments?: FileView[];
  /** Grows with every edit and with the deletion. */
  version: number;
  /** Grows with everything that becomes of it, its files too; counted in the conversation. */
  change?: number;
  createdAt: string;
  editedAt?: string | null;
  deletedAt?: string | null;
}

export interface History {
  items: Message[];
  /** To be asked for as `after`; null: these are the newest. */
  next?: number | null;
  /** To be asked for as `before`; null: there are none before. */
  prev?: number | null;
}

/** How far somebody has read. */
export interface Receipt {
  userId: string;
  readSeq: number;
}

/** Above a hundred people only counts are told, and `items` is empty. */
export interface Receipts {
  items: Receipt[];
}

/** Where the person stands in one conversation. */
export interface Standing {
  conversationId: string;
  lastSeq: number;
  readSeq: number;
  unread: number;
}

export interface Ready {
  userId: string;
  eventId: string;
  recovered: boolean;
  conversations: Standing[];
}

/** What the gateway tells, by the name of the event. */
export type LiveEvent =
  | { name: 'newMessage' | 'messageUpdated' | 'messageDeleted'; message: Message }
  | { name: 'receipt'; conversationId: string; userId: string; readSeq: number }
  | { name: 'userTyping'; conversationId: string; userId: string; isTyping: boolean }
  /** The connection stands. `isWhole`: everything that was missed has been told or is about to be. */
  | { name: 'ready'; ready: Ready; isWhole: boolean }
  /** What was missed cannot be told one by one. */
  | { name: 'resync' };

/** The connection on which the server tells what happens. */
export interface Gateway {
  start(): void;
  stop(): void;
  /** Gives a function that ends it. */
  listen(listener: (event: LiveEvent) => void): () => void;
  listenToState(listener: (isConnected: boolean) => void): () => void;
  /** Throws a Problem; with the status 0 when no answer came, and whether it was done is not known. */
  ask<T>(name: string, argument: object): Promise<T>;
}
