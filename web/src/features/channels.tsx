import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Community } from '../api/parley';
import { ChannelsModel, type Occupant, type VoiceChannel } from '../model/channels';
import type { Services } from '../services';
import { Conversation } from './conversation';
import { ConfirmButton } from './confirm_button';
import { Icon } from './icon';
import { InviteBox } from './invite_box';
import { ProblemLine } from './problem_line';
import { TextChannels } from './text_channels';
import { TextForm } from './text_form';

interface Props {
  services: Services;
  community: Community;
  onJoin: (channel: VoiceChannel) => void;
}

export function Channels({ services, community, onJoin }: Props) {
  const { t } = useTranslation();
  const [model] = useState(() => new ChannelsModel(services.api, community.id, services.visibility, services.clock));
  const state = useSyncExternalStore(model.state.subscribe, model.state.get);
  const [openId, setOpenId] = useState<string | null>(null);

  useEffect(() => {
    model.start();
    return () => model.stop();
  }, [model]);

  // Whoever is no longer a member is not told why; the list of communities knows.
  const isGone = state.pollProblem?.status === 404;
  useEffect(() => {
    if (isGone) void services.communities.load();
  }, [isGone, services.communities]);

  const open = state.textChannels.find(({ id }) => id === openId);
  return (
    <>
      <section className="panel channels" aria-labelledby="community-name">
        <h2 id="community-name">{community.name}</h2>
        {state.canInvite && <InviteBox communities={services.communities} />}
        <TextChannels services={services} channels={state.textChannels} openId={openId} onOpen={setOpenId} />
        {state.canCreate && (
          <TextForm label={t('textChannelName')} action={t('createTextChannel')} maxLength={100} onSubmit={(name) => model.create('text', name)} />
        )}
        <h3 id="voice-channels">{t('voiceChannels')}</h3>
        <ProblemLine problem={state.pollProblem} />
        <ul className="plain" aria-labelledby="voice-channels">
          {state.channels.map((channel) => (
            <ChannelRow key={channel.id} channel={channel} all={state.channels} model={model} onJoin={onJoin} />
          ))}
        </ul>
        <ProblemLine problem={state.moveProblem} />
        {state.isLoaded && state.channels.length === 0 && <p>{t('noChannels')}</p>}
        {state.canCreate && (
          <>
            <TextForm label={t('channelName')} action={t('createChannel')} maxLength={100} onSubmit={(name) => model.create('voice', name)} />
            <ProblemLine problem={state.createProblem} />
          </>
        )}
        <LeaveButton services={services} community={community} />
      </section>
      {open && <Conversation key={open.id} services={services} channel={open} names={model.names} onBack={() => setOpenId(null)} />}
    </>
  );
}

/** For members; an owner hands the community over or deletes it. */
function LeaveButton({ services: { communities, session }, community }: Pick<Props, 'services' | 'community'>) {
  const { t } = useTranslation();
  const { isBusy, problem } = useSyncExternalStore(communities.state.subscribe, communities.state.get);
  const { user } = useSyncExternalStore(session.state.subscribe, session.state.get);
  return (
    community.ownerId !== user?.id && (
      <div>
        <ConfirmButton
          label={t('leaveCommunity')}
          question={t('leaveQuestion', { name: community.name })}
          isBusy={isBusy}
          onConfirm={() => communities.leave(community.id)}
        >
          <ProblemLine problem={problem} />
        </ConfirmButton>
      </div>
    )
  );
}

interface RowProps {
  channel: VoiceChannel;
  all: readonly VoiceChannel[];
  model: ChannelsModel;
  onJoin: (channel: VoiceChannel) => void;
}

function ChannelRow({ channel, all, model, onJoin }: RowProps) {
  const { t } = useTranslation();
  const targets = channel.canMove ? all.filter(({ id, canMove }) => canMove && id !== channel.id) : [];
  return (
    <li className="channel" aria-label={channel.name}>
      <div className="channel-head">
        <span>{channel.name}</span>
        {channel.canJoin && (
          <button type="button" className="secondary" aria-label={t('joinChannel', { name: channel.name })} onClick={() => onJoin(channel)}>
            {t('join')}
          </button>
        )}
      </div>
      {channel.occupants.length > 0 && (
        <ul className="plain" aria-label={t('occupantsOf', { name: channel.name })}>
          {channel.occupants.map((occupant) => (
            <OccupantRow key={occupant.userId} occupant={occupant} targets={targets} onMove={(to) => void model.move(occupant.userId, to)} />
          ))}
        </ul>
      )}
    </li>
  );
}

interface OccupantProps {
  occupant: Occupant;
  targets: readonly VoiceChannel[];
  onMove: (channelId: string) => void;
}

function OccupantRow({ occupant, targets, onMove }: OccupantProps) {
  const { t } = useTranslation();
  const name = occupant.name ?? t('someone');
  const marks = [occupant.isMuted && t('isMuted'), occupant.hasCamera && t('hasCamera'), occupant.hasScreen && t('hasScreen')];
  return (
    <li className="occupant" aria-label={[name, ...marks.filter(Boolean)].join(', ')}>
      <span>{name}</span>
      {occupant.isMuted && <Icon name="microphone" isSlashed />}
      {occupant.hasCamera && <Icon name="camera" />}
      {occupant.hasScreen && <Icon name="screen" />}
      {targets.length > 0 && (
        <select aria-label={t('movePerson', { name })} value="" onChange={(event) => onMove(event.target.value)}>
          <option value="">{t('moveTo')}</option>
          {targets.map((target) => (
            <option key={target.id} value={target.id}>
              {target.name}
            </option>
          ))}
        </select>
      )}
    </li>
  );
}
