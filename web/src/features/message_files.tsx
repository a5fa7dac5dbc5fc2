import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { contentPath, type FileView } from '../api/files';
import { fileProblemKey, formOf, shownSize, sizeText } from '../model/media';
import { VoicePlayer } from './voice_player';

interface Props {
  files: readonly FileView[];
  onPlay: () => void;
}

/** The files of a message. */
export function MessageFiles({ files, onPlay }: Props) {
  return (
    <div className="message-files">
      {files.map((file) => (
        <MessageFile key={file.id} file={file} onPlay={onPlay} />
      ))}
    </div>
  );
}

function MessageFile({ file, onPlay }: { file: FileView; onPlay: () => void }) {
  const { t } = useTranslation();
  if (file.state === 'refused')
    return (
      <p className="file refused">
        <span className="file-name">{file.name}</span> <span className="failed">{t('fileRefused', { why: t(fileProblemKey(file.problem ?? '')) })}</span>
      </p>
    );
  if (file.state !== 'ready')
    return (
      <p className="file">
        <span className="file-name">{file.isVoice ? t('voiceMessage') : file.name}</span> <small>{t('fileExamined')}</small>
      </p>
    );
  if (file.isVoice) return <VoicePlayer file={file} onPlay={onPlay} />;
  if (file.kind === 'image' && formOf(file, 'small')) return <Picture file={file} />;
  return (
    <div className="file">
      {file.kind === 'video' && (
        <video
          controls
          preload="metadata"
          {...shownSize(file)}
          aria-label={file.name}
          src={contentPath(file.id, 'original')}
          poster={formOf(file, 'poster') && contentPath(file.id, 'poster')}
        />
      )}
      {file.kind === 'audio' && <audio controls preload="metadata" aria-label={file.name} src={contentPath(file.id, 'original')} />}
      <FileLine file={file} />
    </div>
  );
}

/** Its name, its size, and the way to it. */
function FileLine({ file: { id, name, size } }: { file: FileView }) {
  const { t, i18n } = useTranslation();
  return (
    <p className="file-line">
      <span className="file-name">{name}</span> <small>{sizeText(size, i18n.language)}</small>{' '}
      <a className="link" href={contentPath(id, 'original', true)} download={name} aria-label={t('downloadFile', { name })}>
        {t('download')}
      </a>
    </p>
  );
}

/** A thumbnail that opens the picture. */
function Picture({ file }: { file: FileView }) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  const size = shownSize(file);
  return (
    <>
      <button type="button" className="thumbnail" aria-label={t('openPicture', { name: file.name })} onClick={() => dialog.current?.showModal()}>
        <img src={contentPath(file.id, 'small')} alt={file.name} {...size} />
      </button>
      <dialog ref={dialog} className="viewer" aria-label={file.name}>
        <img src={contentPath(file.id, formOf(file, 'large') ? 'large' : 'original')} alt={file.name} loading="lazy" />
        <div className="viewer-bar">
          <FileLine file={file} />
          <form method="dialog">
            <button type="submit" className="secondary">
              {t('close')}
            </button>
          </form>
        </div>
      </dialog>
    </>
  );
}
