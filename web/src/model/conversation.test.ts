import { describe, expect, it } from 'vitest';
import type { LiveEvent, Message } from '../api/chat';
import { apply, emptyConversation, hasGap, startWith, withNewer, withOlder, type Conversation } from './conversation';

const message = (seq: number, change: Partial<Message> = {}): Message => ({
  id: `m${seq}`,
  conversationId: 'c1',
  seq,
  senderId: 'ada',
  text: `text ${seq}`,
  version: 1,
  createdAt: '2026-01-01T10:00:00Z',
  ...change,
});
const told = (seq: number, change: Partial<Message> = {}): LiveEvent => ({ name: 'newMessage', message: message(seq, change) });
const page = (seqs: number[], more: { prev?: number; next?: number } = {}) => ({ items: seqs.map((seq) => message(seq)), ...more });
const loaded = (seqs: number[], prev?: number): Conversation => startWith(emptyConversation('c1'), page(seqs, { prev }));
const seqs = ({ messages }: Conversation): number[] => messages.map(({ seq }) => seq);
const ready = (lastSeq: number): LiveEvent => ({
  name: 'ready',
  isWhole: true,
  ready: { userId: 'ada', eventId: '9', recovered: false, conversations: [{ conversationId: 'c1', lastSeq, readSeq: 0, unread: 0 }] },
});

describe('a conversation', () => {
  it('shows the next message at once', () => expect(seqs(apply(loaded([1, 2]), told(3)))).toEqual([1, 2, 3]));

  it('shows its very first message', () => expect(seqs(apply(loaded([]), told(1)))).toEqual([1]));

  it('takes a message that is told twice once', () => {
    const once = apply(loaded([1]), told(2));
    expect(apply(once, told(2)).messages).toEqual(once.messages);
  });

  it('shows nothing beyond a gap until the part between is fetched', () => {
    const gapped = apply(apply(loaded([1, 2]), told(5)), told(4));
    expect(seqs(gapped)).toEqual([1, 2]);
    expect(hasGap(gapped)).toBe(true);
    const whole = withNewer(gapped, page([3, 4, 5]));
    expect(seqs(whole)).toEqual([1, 2, 3, 4, 5]);
    expect(hasGap(whole)).toBe(false);
  });

  it('closes a long gap page by page', () => {
    const first = withNewer(apply(loaded([1]), told(6)), page([2, 3], { next: 3 }));
    expect(seqs(first)).toEqual([1, 2, 3]);
    expect(hasGap(first)).toBe(true);
    expect(seqs(withNewer(first, page([4, 5, 6])))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keeps what was told while a gap was being fetched', () => {
    const gapped = apply(apply(loaded([1]), told(3)), told(4));
    expect(seqs(withNewer(gapped, page([2, 3])))).toEqual([1, 2, 3, 4]);
  });

  it('sees a gap in what the gateway says of where it stands', () => {
    expect(hasGap(apply(loaded([1, 2]), ready(3)))).toBe(true);
    expect(hasGap(apply(loaded([1, 2]), ready(2)))).toBe(false);
  });

  it('has no gap when the server says that nothing comes after', () => {
    expect(hasGap(withNewer(apply(loaded([1, 2]), ready(3)), page([])))).toBe(false);
  });

  it('keeps what is told before the first page is there', () => {
    const early = apply(apply(emptyConversation('c1'), told(3)), told(2, { version: 2, text: 'edited' }));
    const whole = startWith(early, page([1, 2]));
    expect(seqs(whole)).toEqual([1, 2, 3]);
    expect(whole.messages[1]?.text).toBe('edited');
  });

  it('takes edits and deletions, and never an older version', () => {
    const edited = apply(loaded([1, 2]), { name: 'messageUpdated', message: message(1, { version: 2, text: 'better' }) });
    expect(edited.messages[0]?.text).toBe('better');
    expect(apply(edited, told(1)).messages[0]?.text).toBe('better');
    const deleted = apply(edited, { name: 'messageDeleted', message: message(1, { version: 3, text: '', deletedAt: 'now' }) });
    expect(deleted.messages[0]?.deletedAt).toBe('now');
  });

  it('takes what becomes of its files, in whatever order it is told', () => {
    const file = (state: 'processing' | 'ready') => [{ id: 'f1', name: 'a', state, size: 1, isVoice: false, forms: [] }];
    const ready: LiveEvent = { name: 'messageUpdated', message: message(2, { change: 5, attachments: file('ready') }) };
    const processing = told(2, { change: 4, attachments: file('processing') });
    for (const events of [[processing, ready], [ready, processing]])
      expect(events.reduce(apply, loaded([1])).messages[1]?.attachments?.[0]?.state).toBe('ready');
  });

  it('leaves edits of what is not loaded to the page that brings it', () => {
    const late = loaded([5, 6], 5);
    expect(apply(late, { name: 'messageUpdated', message: message(2, { version: 2 }) })).toBe(late);
    expect(seqs(withOlder(late, page([3, 4])))).toEqual([3, 4, 5, 6]);
  });

  it('starts again with the newest page after a resync', () => {
    const again = startWith(loaded([1, 2]), page([8, 9], { prev: 8 }));
    expect(seqs(again)).toEqual([8, 9]);
    expect(again.prev).toBe(8);
  });

  it('lets read marks only rise', () => {
    const mark = (readSeq: number): LiveEvent => ({ name: 'receipt', conversationId: 'c1', userId: 'bora', readSeq });
    expect(apply(apply(loaded([1, 2]), mark(2)), mark(1)).read.get('bora')).toBe(2);
  });

  it('ignores other conversations', () => {
    const before = loaded([1]);
    expect(apply(before, told(2, { conversationId: 'c2' }))).toBe(before);
  });
});
