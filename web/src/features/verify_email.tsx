import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { linkProblemKey } from '../model/explain';
import { RecoveryModel } from '../model/recovery';
import type { Services } from '../services';
import { ProblemLine } from './problem_line';

interface Props {
  services: Services;
  token: string;
  onDone: () => void;
}

/** Where the link of the mail leads that confirms an address. */
export function VerifyEmail({ services: { api, session }, token, onDone }: Props) {
  const { t } = useTranslation();
  const [model] = useState(() => new RecoveryModel(api));
  const { problem, isDone } = useSyncExternalStore(model.state.subscribe, model.state.get);

  useEffect(() => {
    void model.verify(token).then((isVerified) => {
      // Without an answer the page is only a little behind.
      if (isVerified && session.state.get().phase === 'signedIn') void session.reload().catch(() => {});
    });
  }, [model, session, token]);

  return (
    <section className="card">
      <h1>{t('verifyEmail')}</h1>
      <p role="status">{isDone ? t('emailVerified') : !problem && t('connecting')}</p>
      <ProblemLine problem={problem} keyOf={linkProblemKey} />
      {problem && <p>{t('verifyAgain')}</p>}
      <button type="button" className="primary" onClick={onDone}>
        {t('continue')}
      </button>
    </section>
  );
}
