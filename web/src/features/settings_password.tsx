import { useState, useSyncExternalStore, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { AccountModel } from '../model/account';
import { passwordProblemKey } from '../model/explain';
import { PasswordField } from './password_field';
import { ProblemLine } from './problem_line';

export function PasswordSettings({ account }: { account: AccountModel }) {
  const { t } = useTranslation();
  const { problem, isBusy, isDone } = useSyncExternalStore(account.password.state.subscribe, account.password.state.get);
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!(await account.changePassword(old, next))) return;
    setOld('');
    setNext('');
  }

  return (
    <section className="card" aria-labelledby="change-password">
      <h2 id="change-password">{t('changePassword')}</h2>
      <p>{t('changePasswordEnds')}</p>
      <form onSubmit={(event) => void submit(event)}>
        <PasswordField label={t('oldPassword')} value={old} onChange={setOld} />
        <PasswordField label={t('newPassword')} value={next} onChange={setNext} isNew />
        <ProblemLine problem={problem} keyOf={passwordProblemKey} />
        <div className="actions">
          <span role="status">{isDone && t('passwordChanged')}</span>
          <button type="submit" className="primary" disabled={isBusy}>
            {t('setPassword')}
          </button>
        </div>
      </form>
    </section>
  );
}
