import { useId } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  label: string;
  value: string;
  onChange: (password: string) => void;
  /** Then its rules are shown, and the browser offers to make one. */
  isNew?: boolean;
}

export function PasswordField({ label, value, onChange, isNew }: Props) {
  const { t } = useTranslation();
  const hint = useId();
  return (
    <div className="field">
      <label>
        {label}
        <input
          required
          type="password"
          minLength={isNew ? 8 : undefined}
          maxLength={256}
          autoComplete={isNew ? 'new-password' : 'current-password'}
          aria-describedby={isNew ? hint : undefined}
          value={value}
          onChange={(e) => onChange(e.target.value)}
        />
      </label>
      {isNew && (
        <small id={hint}>{t('passwordRules')}</small>
      )}
    </div>
  );
}
