import { useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { inviteLink, type CommunitiesModel } from '../model/communities';

/** Makes an invite to the community that is selected, and shows it to be passed on. */
export function InviteBox({ communities }: { communities: CommunitiesModel }) {
  const { t } = useTranslation();
  const { inviteCode, isBusy } = useSyncExternalStore(communities.state.subscribe, communities.state.get);
  const [copied, setCopied] = useState<string | null>(null);
  const link = inviteCode && inviteLink(location.origin, inviteCode);

  async function copy(text: string): Promise<void> {
    // Browsers offer no clipboard to pages without TLS, and may refuse it: the field can be copied by hand.
    const isDone = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    if (isDone) setCopied(text);
  }

  return (
    <div className="invite">
      <button type="button" className="secondary" disabled={isBusy} onClick={() => void communities.invite()}>
        {t('makeInvite')}
      </button>
      {link && (
        <>
          <label>
            {t('inviteLink')}
            <input readOnly value={link} onFocus={(event) => event.target.select()} />
          </label>
          <button type="button" className="secondary" onClick={() => void copy(link)}>
            {t('copyInvite')}
          </button>
        </>
      )}
      <span role="status">{link && copied === link && t('copied')}</span>
    </div>
  );
}
