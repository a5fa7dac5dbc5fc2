import { useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Services } from '../services';
import type { VoiceChannel } from '../model/channels';
import { Channels } from './channels';
import { InviteCard } from './invite_card';
import { Notices } from './notices';
import { ProblemLine } from './problem_line';
import { TextForm } from './text_form';

interface Props {
  services: Services;
  onJoin: (channel: VoiceChannel) => void;
}

/** The communities of the person who is signed in, and the voice channels of one of them. */
export function Home({ services, onJoin }: Props) {
  const { t } = useTranslation();
  const { communities } = services;
  const state = useSyncExternalStore(communities.state.subscribe, communities.state.get);
  const selected = state.communities.find(({ id }) => id === state.selectedId);

  useEffect(() => void communities.load(), [communities]);

  return (
    <div className="home">
      <div className="notices">
        <Notices services={services} />
        <InviteCard services={services} onAccept={(code) => communities.accept(code)} />
      </div>
      <nav className="panel" aria-label={t('communities')}>
        <h1>{t('communities')}</h1>
        <ul className="plain">
          {state.communities.map(({ id, name }) => (
            <li key={id}>
              <button type="button" className="row" aria-current={id === state.selectedId || undefined} onClick={() => communities.select(id)}>
                {name}
              </button>
            </li>
          ))}
        </ul>
        <ProblemLine problem={state.problem} />
        <TextForm
          label={t('communityName')}
          action={t('createCommunity')}
          maxLength={100}
          isBusy={state.isBusy}
          onSubmit={(name) => communities.create(name)}
        />
        <TextForm
          label={t('inviteCode')}
          action={t('acceptInvite')}
          maxLength={300}
          isBusy={state.isBusy}
          onSubmit={(code) => communities.accept(code)}
        />
      </nav>
      {selected ? (
        <Channels key={selected.id} services={services} community={selected} onJoin={onJoin} />
      ) : (
        <p className="panel empty">{state.isLoaded && t('noCommunities')}</p>
      )}
    </div>
  );
}
