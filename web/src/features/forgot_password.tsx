import { useState, useSyncExternalStore, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { ParleyApi } from '../api/parley';
import { RecoveryModel } from '../model/recovery';
import { ProblemLine } from './problem_line';

/** Asks for a mail with a link for a new password; says the same whether there is such an account or not. */
export function ForgotPassword({ api }: { api: ParleyApi }) {
  const { t } = useTranslation();
  const [model] = useState(() => new RecoveryModel(api));
  const { problem, isBusy, isDone } = useSyncExternalStore(model.state.subscribe, model.state.get);
  const [email, setEmail] = useState('');

  function submit(event: FormEvent): void {
    event.preventDefault();
    void model.requestReset(email);
  }

  return (
    <form onSubmit={submit}>
      <p>{t('forgotIntro')}</p>
      <label>
        {t('email')}
        <input required type="email" minLength={3} maxLength={254} autoComplete="email" value={email} onChange={(e) => setEmail(e.target.value)} />
      </label>
      <ProblemLine problem={problem} />
      <p role="status">{isDone && t('resetSent')}</p>
      <button type="submit" className="primary" disabled={isBusy}>
        {t('sendLink')}
      </button>
    </form>
  );
}
