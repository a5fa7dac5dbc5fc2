import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { nameOf, type SessionModel } from '../model/session';
import { ProblemLine } from './problem_line';

interface Props {
  session: SessionModel;
  onSettings: () => void;
}

/** Who is signed in, the settings, and the way out. */
export function UserBar({ session, onSettings }: Props) {
  const { t } = useTranslation();
  const { user, problem, isBusy } = useSyncExternalStore(session.state.subscribe, session.state.get);
  return (
    <div className="user-bar">
      <ProblemLine problem={problem} />
      <span className="user-name">{user && nameOf(user)}</span>
      <button type="button" className="secondary" onClick={onSettings}>
        {t('settings')}
      </button>
      <button type="button" className="secondary" disabled={isBusy} onClick={() => void session.signOut()}>
        {t('signOut')}
      </button>
    </div>
  );
}
