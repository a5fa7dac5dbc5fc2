import { Fragment, useEffect, useLayoutEffect, useRef, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { TextChannel } from '../model/channels';
import { readersOf, type ChatModel } from '../model/chat';
import type { MemberNames } from '../model/member_names';
import type { Services } from '../services';
import { Composer } from './composer';
import { MessageItem, OutgoingItem } from './message_item';
import { ProblemLine } from './problem_line';

interface Props {
  services: Services;
  channel: TextChannel;
  names: MemberNames;
  onBack: () => void;
}

/** What is said in a text channel. */
export function Conversation({ services: { chats, standings }, channel, names, onBack }: Props) {
  const { t } = useTranslation();
  const model = chats.of(channel.id);
  const { problem, conversation } = useSyncExternalStore(model.state.subscribe, model.state.get);
  const { isConnected } = useSyncExternalStore(standings.state.subscribe, standings.state.get);

  useEffect(() => {
    model.start();
    return () => model.stop();
  }, [model]);

  return (
    <section className="conversation" aria-labelledby="conversation-name">
      <div className="conversation-head">
        <h2 id="conversation-name"># {channel.name}</h2>
        <button type="button" className="secondary" onClick={onBack}>
          {t('back')}
        </button>
      </div>
      {!isConnected && conversation.isLoaded && (
        <p role="status" className="offline">
          {t('chatOffline')}
        </p>
      )}
      <ProblemLine problem={problem} />
      <MessageList model={model} names={names} userId={standings.state.get().userId} />
      <TypingLine model={model} names={names} />
      {channel.canSend ? (
        <Composer key={model.id} model={model} label={t('messageTo', { name: channel.name })} />
      ) : (
        <p>{t('mayNotSend')}</p>
      )}
    </section>
  );
}

/** What people are called; those who are not known yet are asked for. */
function useNames(names: MemberNames, wanted: readonly string[]): (userId: string) => string {
  const { t } = useTranslation();
  const known = useSyncExternalStore(names.state.subscribe, names.state.get);
  const unknown = wanted.filter((id) => !known.has(id)).join();
  useEffect(() => {
    // Without an answer the person stays "someone" until the next message.
    for (const id of unknown.split(',').filter(Boolean)) void names.ensure(id).catch(() => {});
  }, [names, unknown]);
  return (userId) => known.get(userId) ?? t('someone');
}

interface ListProps {
  model: ChatModel;
  names: MemberNames;
  userId: string | null;
}

/** Near enough to the end that a person who reads there wants to stay there, in pixels. */
const nearEnd = 80;

function MessageList({ model, names, userId }: ListProps) {
  const { t } = useTranslation();
  const { conversation, readBefore, isLoadingOlder } = useSyncExternalStore(model.state.subscribe, model.state.get);
  const pending = useSyncExternalStore(model.outbox.state.subscribe, model.outbox.state.get);
  const { messages } = conversation;
  const readers = readersOf(conversation, userId ?? '');
  const nameOf = useNames(names, [...messages.map(({ senderId }) => senderId), ...[...readers.values()].flat(), ...(userId ? [userId] : [])]);
  const box = useRef<HTMLDivElement>(null);
  const place = useRef({ isAtEnd: true, fromEnd: 0 });
  const firstUnread = messages.find(({ seq, senderId }) => seq > readBefore && senderId !== userId)?.seq;

  function remember(): void {
    const at = box.current;
    if (!at) return;
    const fromEnd = at.scrollHeight - at.scrollTop;
    place.current = { isAtEnd: fromEnd - at.clientHeight < nearEnd, fromEnd };
  }

  // Who reads the end stays there; who reads elsewhere keeps the place when older messages come above it.
  const firstSeq = messages[0]?.seq;
  useLayoutEffect(() => {
    if (box.current && !place.current.isAtEnd) box.current.scrollTop = box.current.scrollHeight - place.current.fromEnd;
  }, [firstSeq]);
  useLayoutEffect(() => {
    if (box.current && place.current.isAtEnd) box.current.scrollTop = box.current.scrollHeight;
    remember();
  }, [conversation, pending]);

  return (
    <div className="messages" ref={box} onScroll={remember} tabIndex={0} role="log" aria-label={t('messages')}>
      {conversation.prev !== null && (
        <button type="button" className="link" disabled={isLoadingOlder} onClick={() => void model.loadOlder()}>
          {t('olderMessages')}
        </button>
      )}
      {conversation.isLoaded && messages.length + pending.length === 0 && <p>{t('noMessages')}</p>}
      <ol className="plain">
        {messages.map((message) => (
          <Fragment key={message.id}>
            {message.seq === firstUnread && readBefore > 0 && <li className="unread-line">{t('unreadFromHere')}</li>}
            <MessageItem
              message={message}
              sender={nameOf(message.senderId)}
              isOwn={message.senderId === userId}
              readers={(readers.get(message.seq) ?? []).map(nameOf)}
              onPlay={() => model.markPlayed(message.seq)}
            />
          </Fragment>
        ))}
        {pending.map((outgoing) => (
          <OutgoingItem
            key={outgoing.clientId}
            outgoing={outgoing}
            sender={nameOf(userId ?? '')}
            onRetry={() => model.outbox.retry(outgoing.clientId)}
            onDrop={() => model.outbox.drop(outgoing.clientId)}
          />
        ))}
      </ol>
    </div>
  );
}

function TypingLine({ model, names }: Pick<ListProps, 'model' | 'names'>) {
  const { t, i18n } = useTranslation();
  const { typing } = useSyncExternalStore(model.state.subscribe, model.state.get);
  const nameOf = useNames(names, typing);
  const list = new Intl.ListFormat(i18n.language, { type: 'conjunction' }).format(typing.map(nameOf));
  return (
    <p role="status" className="typing">
      {typing.length > 0 && t('isTyping', { names: list, count: typing.length })}
    </p>
  );
}
