import { useState, type FormEvent, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';

/** The server's limit, in code points; a browser counts UTF-16 units, of which there are never fewer. */
const longestText = 4000;

interface Props {
  label: string;
  onType: (text: string) => void;
  onSend: (text: string) => void;
}

/** Where a message is written: Enter sends it, Shift and Enter begin a new line. */
export function Composer({ label, onType, onSend }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState('');

  function change(next: string): void {
    setText(next);
    onType(next);
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!text.trim()) return;
    onSend(text);
    setText('');
  }

  function press(event: KeyboardEvent): void {
    // An input method's Enter only ends a word.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  }

  return (
    <form className="composer" onSubmit={submit}>
      <textarea aria-label={label} placeholder={label} rows={1} maxLength={longestText} value={text} onChange={(e) => change(e.target.value)} onKeyDown={press} />
      <button type="submit" className="primary" disabled={!text.trim()}>
        {t('send')}
      </button>
    </form>
  );
}
