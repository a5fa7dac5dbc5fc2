import { useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Services } from '../services';
import { ProblemLine } from './problem_line';

interface Props {
  services: Services;
  /** Accepts it; absent while nobody is signed in. */
  onAccept?: (code: string) => Promise<boolean>;
}

/** Where the invite leads with which somebody came. */
export function InviteCard({ services: { invite, communities }, onAccept }: Props) {
  const { t } = useTranslation();
  const { code, preview, problem, isBusy } = useSyncExternalStore(invite.state.subscribe, invite.state.get);
  const { isBusy: isAccepting } = useSyncExternalStore(communities.state.subscribe, communities.state.get);
  useEffect(() => void invite.load(), [invite]);

  if (!code) return null;
  const accept = async (): Promise<void> => {
    if (await onAccept?.(code)) invite.dismiss();
  };
  return (
    <section className="card notice" aria-label={t('invite')}>
      {isBusy && <p role="status">{t('connecting')}</p>}
      {preview && (
        <>
          <p>{preview.inviterName ? t('invitedBy', { name: preview.inviterName }) : t('invited')}</p>
          <h2>{preview.communityName}</h2>
          <p>{t('members', { count: preview.members })}</p>
        </>
      )}
      <ProblemLine problem={problem} />
      {!onAccept && preview && <p>{t('inviteNeedsAccount')}</p>}
      <div className="actions">
        <button type="button" className="secondary" onClick={() => invite.dismiss()}>
          {t('notNow')}
        </button>
        {onAccept && preview && (
          <button type="button" className="primary" disabled={isAccepting} onClick={() => void accept()}>
            {t('joinCommunity', { name: preview.communityName })}
          </button>
        )}
      </div>
    </section>
  );
}
