import { useState, useSyncExternalStore, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { weaknessKey } from '../model/explain';
import type { SessionModel } from '../model/session';
import { PasswordField } from './password_field';
import { ProblemLine } from './problem_line';

export function RegisterForm({ session }: { session: SessionModel }) {
  const { t, i18n } = useTranslation();
  const { problem, isBusy } = useSyncExternalStore(session.state.subscribe, session.state.get);
  const [username, setUsername] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');

  function submit(event: FormEvent): void {
    event.preventDefault();
    void session.register({
      username: username.trim(),
      displayName: displayName.trim(),
      email: email.trim(),
      password,
      locale: i18n.language,
    });
  }

  return (
    <form onSubmit={submit}>
      <label>
        {t('username')}
        <input required maxLength={64} autoComplete="username" autoCapitalize="none" value={username} onChange={(e) => setUsername(e.target.value)} />
      </label>
      <label>
        {t('displayName')}
        <input maxLength={64} autoComplete="name" value={displayName} onChange={(e) => setDisplayName(e.target.value)} />
      </label>
      <label>
        {t('emailOptional')}
        <input type="email" maxLength={254} autoComplete="email" value={email} onChange={(e) => setEmail(e.target.value)} />
      </label>
      <PasswordField label={t('password')} value={password} onChange={setPassword} isNew />
      <ProblemLine problem={problem} keyOf={weaknessKey} />
      <button type="submit" className="primary" disabled={isBusy}>
        {t('register')}
      </button>
    </form>
  );
}
