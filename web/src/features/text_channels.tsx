import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { TextChannel } from '../model/channels';
import type { Services } from '../services';

interface Props {
  services: Services;
  channels: readonly TextChannel[];
  openId: string | null;
  onOpen: (id: string) => void;
}

export function TextChannels({ services: { standings }, channels, openId, onOpen }: Props) {
  const { t } = useTranslation();
  const { byConversation } = useSyncExternalStore(standings.state.subscribe, standings.state.get);
  return (
    <>
      <h3 id="text-channels">{t('textChannels')}</h3>
      {channels.length === 0 && <p>{t('noTextChannels')}</p>}
      <ul className="plain" aria-labelledby="text-channels">
        {channels.map(({ id, name }) => {
          const unread = byConversation.get(id)?.unread ?? 0;
          return (
            <li key={id}>
              <button type="button" className="row text-channel" aria-current={id === openId || undefined} onClick={() => onOpen(id)}>
                <span># {name}</span>
                {unread > 0 && (
                  <span className="badge">
                    <span aria-hidden="true">{unread > 999 ? '999+' : unread}</span>
                    <span className="hidden">{t('unread', { count: unread })}</span>
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ul>
    </>
  );
}
