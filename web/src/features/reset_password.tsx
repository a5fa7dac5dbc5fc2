import { useState, useSyncExternalStore, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { linkProblemKey, weaknessKey } from '../model/explain';
import { RecoveryModel } from '../model/recovery';
import type { Services } from '../services';
import { PasswordField } from './password_field';
import { ProblemLine } from './problem_line';

interface Props {
  services: Services;
  token: string;
  onDone: () => void;
}

/** Where the link of the mail leads that allows a new password. */
export function ResetPassword({ services: { api, session }, token, onDone }: Props) {
  const { t } = useTranslation();
  const [model] = useState(() => new RecoveryModel(api));
  const { problem, isBusy, isDone } = useSyncExternalStore(model.state.subscribe, model.state.get);
  const [password, setPassword] = useState('');

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    // The server has ended all sessions of that account: this browser's too, unless it is another's.
    if ((await model.reset(token, password)) && session.state.get().phase === 'signedIn') await session.reload().catch(() => {});
  }

  return (
    <section className="card">
      <h1>{t('resetPassword')}</h1>
      <p role="status">{isDone && t('passwordReset')}</p>
      {!isDone && (
        <form onSubmit={(event) => void submit(event)}>
          <PasswordField label={t('newPassword')} value={password} onChange={setPassword} isNew />
          <ProblemLine problem={problem} keyOf={(why) => weaknessKey(why) ?? linkProblemKey(why)} />
          <button type="submit" className="primary" disabled={isBusy}>
            {t('setPassword')}
          </button>
        </form>
      )}
      <button type="button" className={isDone ? 'primary' : 'link'} onClick={onDone}>
        {t('backToSignIn')}
      </button>
    </section>
  );
}
