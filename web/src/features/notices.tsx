import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Services } from '../services';
import { ProblemLine } from './problem_line';

/** What the person should know of the own account: an address to be confirmed, an erasure to come. */
export function Notices({ services }: { services: Services }) {
  const { user } = useSyncExternalStore(services.session.state.subscribe, services.session.state.get);
  return (
    <>
      {user?.email && !user.isEmailVerified && <MailNotice services={services} email={user.email} />}
      {user?.eraseAt && <ErasureNotice services={services} eraseAt={user.eraseAt} />}
    </>
  );
}

function MailNotice({ services: { makeAccount, session, visibility }, email }: { services: Services; email: string }) {
  const { t } = useTranslation();
  const [account] = useState(makeAccount);
  const { problem, isBusy, isDone } = useSyncExternalStore(account.mail.state.subscribe, account.mail.state.get);

  // The link is mostly opened in another tab; without an answer the notice only stays longer.
  useEffect(
    () =>
      visibility.subscribe(() => {
        if (!visibility.isHidden()) void session.reload().catch(() => {});
      }),
    [session, visibility],
  );

  return (
    <section className="card notice" aria-label={t('verifyEmail')}>
      <p>{t('mailOnItsWay', { email })}</p>
      <ProblemLine problem={problem} />
      <div className="actions">
        <span role="status">{isDone && t('mailSentAgain')}</span>
        <button type="button" className="secondary" disabled={isBusy} onClick={() => void account.sendVerification()}>
          {t('sendAgain')}
        </button>
      </div>
    </section>
  );
}

function ErasureNotice({ services: { makeAccount }, eraseAt }: { services: Services; eraseAt: string }) {
  const { t, i18n } = useTranslation();
  const [account] = useState(makeAccount);
  const { problem, isBusy } = useSyncExternalStore(account.erasure.state.subscribe, account.erasure.state.get);
  const date = new Date(eraseAt).toLocaleDateString(i18n.language, { dateStyle: 'long' });
  return (
    <section className="card notice" aria-label={t('eraseAccount')}>
      <p>{t('erasureComes', { date })}</p>
      <ProblemLine problem={problem} />
      <div className="actions">
        <button type="button" className="primary" disabled={isBusy} onClick={() => void account.keep()}>
          {t('keepAccount')}
        </button>
      </div>
    </section>
  );
}
