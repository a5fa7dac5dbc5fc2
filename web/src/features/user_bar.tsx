import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { nameOf, type SessionModel } from '../model/session';
import { ProblemLine } from './problem_line';

/** Who is signed in, and the way out. */
export function UserBar({ session }: { session: SessionModel }) {
  const { t } = useTranslation();
  const { user, problem, isBusy } = useSyncExternalStore(session.state.subscribe, session.state.get);
  return (
    <div className="user-bar">
      <ProblemLine problem={problem} />
      <span>{user && nameOf(user)}</span>
      <button type="button" className="secondary" disabled={isBusy} onClick={() => void session.signOut()}>
        {t('signOut')}
      </button>
    </div>
  );
}
