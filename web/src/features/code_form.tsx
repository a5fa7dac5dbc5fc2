import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { PasswordField } from './password_field';

interface Props {
  action: string;
  hasPassword?: boolean;
  /** What a code may be of; absent: none is asked for. */
  codeLabel?: string;
  isBusy: boolean;
  /** Resolves to whether it was done; then the fields are empty again. */
  onSubmit: (password: string, code: string) => Promise<boolean>;
  onCancel?: () => void;
}

/** What proves that it is the person who changes how one signs in. */
export function CodeForm({ action, hasPassword, codeLabel, isBusy, onSubmit, onCancel }: Props) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!(await onSubmit(password, code))) return;
    setPassword('');
    setCode('');
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      {hasPassword && <PasswordField label={t('password')} value={password} onChange={setPassword} />}
      {codeLabel && (
        <label>
          {codeLabel}
          <input required maxLength={40} autoComplete="one-time-code" value={code} onChange={(e) => setCode(e.target.value)} />
        </label>
      )}
      <div className="actions">
        {onCancel && (
          <button type="button" className="secondary" onClick={onCancel}>
            {t('cancel')}
          </button>
        )}
        <button type="submit" className="primary" disabled={isBusy}>
          {action}
        </button>
      </div>
    </form>
  );
}
