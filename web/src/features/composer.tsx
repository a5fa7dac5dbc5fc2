import { useRef, useState, useSyncExternalStore, type ClipboardEvent, type DragEvent, type FormEvent, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatModel } from '../model/chat';
import { AttachmentTray } from './attachment_tray';
import { ToggleButton } from './toggle_button';
import { VoiceRecorder } from './voice_recorder';

/** The server's limit, in code points; a browser counts UTF-16 units, of which there are never fewer. */
const longestText = 4000;

interface Props {
  model: ChatModel;
  label: string;
}

/** Where a message is written: Enter sends it, Shift and Enter begin a new line. Files are chosen, pasted or dropped. */
export function Composer({ model, label }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const { items } = useSyncExternalStore(model.attachments.state.subscribe, model.attachments.state.get);
  const { phase } = useSyncExternalStore(model.recorder.state.subscribe, model.recorder.state.get);
  const chooser = useRef<HTMLInputElement>(null);
  const canSend = (text.trim() !== '' || items.length > 0) && items.every(({ state }) => state === 'done');

  function change(next: string): void {
    setText(next);
    model.type(next);
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!canSend) return;
    model.send(text);
    setText('');
  }

  function press(event: KeyboardEvent): void {
    // An input method's Enter only ends a word.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  }

  function take(event: ClipboardEvent | DragEvent, files: FileList): void {
    if (files.length === 0) return;
    event.preventDefault();
    model.attachments.add([...files]);
  }

  function choose(): void {
    const input = chooser.current;
    if (!input?.files) return;
    model.attachments.add([...input.files]);
    // Otherwise the same file could not be chosen again.
    input.value = '';
  }

  if (phase !== 'idle') return <VoiceRecorder model={model.recorder} />;
  return (
    <form className="composer" onSubmit={submit} onDragOver={(e) => e.preventDefault()} onDrop={(e) => take(e, e.dataTransfer.files)}>
      <AttachmentTray model={model.attachments} />
      <div className="composer-row">
        <input ref={chooser} type="file" multiple hidden onChange={choose} />
        <ToggleButton icon="attach" label={t('attachFiles')} onPress={() => chooser.current?.click()} />
        <textarea
          aria-label={label}
          placeholder={label}
          rows={1}
          maxLength={longestText}
          value={text}
          onChange={(e) => change(e.target.value)}
          onKeyDown={press}
          onPaste={(e) => take(e, e.clipboardData.files)}
        />
        <ToggleButton icon="microphone" label={t('recordVoice')} onPress={() => void model.recorder.start()} />
        <button type="submit" className="primary" disabled={!canSend}>
          {t('send')}
        </button>
      </div>
    </form>
  );
}
