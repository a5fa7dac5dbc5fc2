import { useState, type FormEvent } from 'react';

interface Props {
  label: string;
  action: string;
  maxLength: number;
  initial?: string;
  isBusy?: boolean;
  /** Resolves to whether it was done; then the field is empty again. */
  onSubmit: (text: string) => Promise<boolean>;
}

/** One line of text and the button that sends it. */
export function TextForm({ label, action, maxLength, initial = '', isBusy, onSubmit }: Props) {
  const [text, setText] = useState(initial);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (await onSubmit(text)) setText('');
  }

  return (
    <form className="text-form" onSubmit={(event) => void submit(event)}>
      <label>
        {label}
        <input required maxLength={maxLength} pattern=".*\S.*" value={text} onChange={(e) => setText(e.target.value)} />
      </label>
      <button type="submit" className="secondary" disabled={isBusy}>
        {action}
      </button>
    </form>
  );
}
