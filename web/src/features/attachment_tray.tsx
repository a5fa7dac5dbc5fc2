import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { mostFiles, type Attachment, type AttachmentsModel } from '../model/attachments';
import { fileProblemKey, sizeText } from '../model/media';

/** The files of the next message, and how far each is. */
export function AttachmentTray({ model }: { model: AttachmentsModel }) {
  const { t } = useTranslation();
  const { items, isTooMany } = useSyncExternalStore(model.state.subscribe, model.state.get);
  if (items.length === 0) return null;
  return (
    <>
      {isTooMany && (
        <p role="alert" className="error">
          {t('tooManyFiles', { count: mostFiles })}
        </p>
      )}
      <ul className="plain tray" aria-label={t('chosenFiles')}>
        {items.map((item) => (
          <TrayItem key={item.key} item={item} onCancel={() => model.cancel(item.key)} onRetry={() => model.retry(item.key)} />
        ))}
      </ul>
    </>
  );
}

interface Props {
  item: Attachment;
  onCancel: () => void;
  onRetry: () => void;
}

function TrayItem({ item: { name, size, state, progress, problem }, onCancel, onRetry }: Props) {
  const { t, i18n } = useTranslation();
  return (
    <li className="tray-item">
      <span className="file-name">{name}</span> <small>{sizeText(size, i18n.language)}</small>
      {state === 'uploading' && <progress aria-label={t('uploadOf', { name })} max={1} value={progress} />}
      {state === 'failed' && (
        <span role="alert" className="failed">
          {problem && problem.status > 0 ? t(fileProblemKey(problem.code)) : t('error_unavailable')}
        </span>
      )}
      {state === 'failed' && (
        <button type="button" className="link" aria-label={t('uploadAgainOf', { name })} onClick={onRetry}>
          {t('uploadAgain')}
        </button>
      )}
      <button type="button" className="link" aria-label={t('removeFile', { name })} onClick={onCancel}>
        {t(state === 'uploading' ? 'cancel' : 'remove')}
      </button>
    </li>
  );
}
