import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '../api/chat';
import type { Outgoing } from '../model/outbox';
import { MessageFiles } from './message_files';

interface Props {
  message: Message;
  sender: string;
  isOwn: boolean;
  /** Who has read up to here. */
  readers: readonly string[];
  /** The person begins to listen to its voice. */
  onPlay: () => void;
}

export function MessageItem({ message, sender, isOwn, readers, onPlay }: Props) {
  const files = message.attachments ?? [];
  const { t, i18n } = useTranslation();
  const time = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'short', timeStyle: 'short', hourCycle: 'h23' }).format(new Date(message.createdAt));
  const names = new Intl.ListFormat(i18n.language, { type: 'conjunction' }).format(readers);
  const state = names ? t('readBy', { names }) : isOwn && !message.deletedAt ? t('messageSent') : null;
  return (
    <MessageFrame sender={sender} isOwn={isOwn} head={<time dateTime={message.createdAt}>{time}</time>} state={state}>
      {message.deletedAt ? (
        <p className="tombstone">{t('messageDeleted')}</p>
      ) : (
        <>
          {(message.text || message.editedAt) && (
            <p>
              <span className="said">{message.text}</span> {message.editedAt && <small className="edited">({t('edited')})</small>}
            </p>
          )}
          {files.length > 0 && <MessageFiles files={files} onPlay={onPlay} />}
        </>
      )}
    </MessageFrame>
  );
}

interface OutgoingProps {
  outgoing: Outgoing;
  sender: string;
  onRetry: () => void;
  onDrop: () => void;
}

export function OutgoingItem({ outgoing: { text, files, state, problem }, sender, onRetry, onDrop }: OutgoingProps) {
  const { t } = useTranslation();
  if (state !== 'failed')
    return (
      <MessageFrame sender={sender} isOwn state={t(state === 'queued' ? 'messageQueued' : 'messageSending')}>
        <p className="said pending">{text}</p>
        <FileNames files={files} />
      </MessageFrame>
    );
  const why = problem?.title || t('error_unavailable');
  return (
    <MessageFrame sender={sender} isOwn state={<span className="failed">{t('messageFailed', { why })}</span>}>
      <p className="said">{text}</p>
      <FileNames files={files} />
      <div className="message-actions">
        <button type="button" className="link" onClick={onRetry}>
          {t('sendMessageAgain')}
        </button>
        <button type="button" className="link" onClick={onDrop}>
          {t('discard')}
        </button>
      </div>
    </MessageFrame>
  );
}

/** Of files that have arrived, in a message that has not. */
function FileNames({ files }: Pick<Outgoing, 'files'>) {
  return files.map(({ id, name }) => (
    <p key={id} className="file-name pending">
      {name}
    </p>
  ));
}

interface FrameProps {
  sender: string;
  isOwn: boolean;
  head?: ReactNode;
  state: ReactNode;
  children: ReactNode;
}

function MessageFrame({ sender, isOwn, head, state, children }: FrameProps) {
  return (
    <li className={isOwn ? 'message own' : 'message'}>
      <div className="message-head">
        <strong>{sender}</strong> {head}
      </div>
      {children}
      {state && <small className="message-state">{state}</small>}
    </li>
  );
}
