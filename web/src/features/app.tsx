import { Room } from 'livekit-client';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { requestCallToken } from '../api/call_token';
import type { VoiceTicket } from '../api/parley';
import { asProblem } from '../api/problem';
import { CallModel, type EndReason } from '../model/call';
import type { VoiceChannel } from '../model/channels';
import { nameOf } from '../model/session';
import type { Place } from '../model/place';
import type { Services } from '../services';
import { CallView } from './call';
import { EndView } from './end';
import { GuestLobby } from './guest_lobby';
import { Home } from './home';
import { LanguagePicker } from './language_picker';
import { Lobby, type DeviceChoice } from './lobby';
import { ResetPassword } from './reset_password';
import { Settings } from './settings';
import { SignIn } from './sign_in';
import { UserBar } from './user_bar';
import { VerifyEmail } from './verify_email';

type Page =
  | { kind: 'start' }
  | { kind: 'guest' }
  | { kind: 'settings' }
  | { kind: 'verifyEmail'; token: string }
  | { kind: 'resetPassword'; token: string }
  | { kind: 'channel'; channel: VoiceChannel }
  | { kind: 'call'; model: CallModel; channel: VoiceChannel | null }
  | { kind: 'end'; reason: EndReason };

/** Lets a test read the connection that the page uses. */
declare global {
  interface Window {
    __parley?: { room: Room };
  }
}

function makeRoom(): Room {
  const isDual = new URLSearchParams(location.search).get('pc') === 'dual';
  const room = new Room({ adaptiveStream: true, dynacast: true, singlePeerConnection: !isDual });
  window.__parley = { room };
  return room;
}

const ownAddress = (): string => location.origin.replace(/^http/, 'ws');

async function requestGuestTicket(room: string, name: string): Promise<VoiceTicket> {
  const { token } = await requestCallToken(room, name);
  return { url: ownAddress(), token };
}

/** A link to a room leads straight to its door; those of mails to their pages. */
const firstPage = (place: Place): Page => (place.kind === 'start' || place.kind === 'signIn' ? { kind: 'start' } : place);

export function App({ services }: { services: Services }) {
  const { t } = useTranslation();
  const { session, place } = services;
  const { phase, user } = useSyncExternalStore(session.state.subscribe, session.state.get);
  const [page, setPage] = useState<Page>(() => firstPage(place));
  const [error, setError] = useState<string | null>(null);
  const [isJoining, setJoining] = useState(false);

  useEffect(() => {
    if (place.kind === 'signIn') session.arrive(place.problem, place.ticket);
    else void session.open();
  }, [session, place]);

  // Whoever was signed out, here or elsewhere, has no settings any more.
  useEffect(() => {
    if (phase === 'signedOut') setPage((current) => (current.kind === 'settings' ? { kind: 'start' } : current));
  }, [phase]);

  function open(next: Page): void {
    setError(null);
    setPage(next);
  }

  async function join(ticket: Promise<VoiceTicket>, devices: DeviceChoice, channel: VoiceChannel | null): Promise<void> {
    setJoining(true);
    try {
      enter(await ticket, devices, channel);
    } catch (failure) {
      const problem = asProblem(failure);
      const isGuestRefused = !channel && problem.code === 'forbidden';
      setError(isGuestRefused ? t('error_forbidden') : problem.title || t('error_unavailable'));
    } finally {
      setJoining(false);
    }
  }

  function enter({ url, token }: VoiceTicket, devices: DeviceChoice, channel: VoiceChannel | null): void {
    const model = new CallModel(makeRoom(), ({ channelId, ticket }, current) => {
      enter(ticket, { ...devices, ...current }, channel && { ...channel, id: channelId });
      void model.leave();
    });
    open({ kind: 'call', model, channel });
    void model.join(url || ownAddress(), token, devices);
  }

  function leave(reason: EndReason, channel: VoiceChannel | null): void {
    // Whoever leaves a channel on purpose is back at the list.
    open(channel && reason === 'left' ? { kind: 'start' } : { kind: 'end', reason });
  }

  const toStart = (): void => open({ kind: 'start' });
  function leaveLink(): void {
    services.goToStart();
    toStart();
  }

  return (
    <>
      <header className="bar">
        <span className="brand">Parley</span>
        {phase === 'signedIn' && (page.kind === 'start' || page.kind === 'settings') && (
          <UserBar session={session} onSettings={() => open({ kind: 'settings' })} />
        )}
        <LanguagePicker />
      </header>
      <main>
        {page.kind === 'start' && phase === 'loading' && <p role="status">{t('connecting')}</p>}
        {page.kind === 'start' && (phase === 'signedOut' || phase === 'secondFactor') && (
          <SignIn services={services} onGuest={() => open({ kind: 'guest' })} />
        )}
        {page.kind === 'start' && phase === 'signedIn' && (
          <Home services={services} onJoin={(channel) => open({ kind: 'channel', channel })} />
        )}
        {page.kind === 'settings' && phase === 'signedIn' && <Settings services={services} onBack={toStart} />}
        {page.kind === 'verifyEmail' && <VerifyEmail services={services} token={page.token} onDone={leaveLink} />}
        {page.kind === 'resetPassword' && <ResetPassword services={services} token={page.token} onDone={leaveLink} />}
        {page.kind === 'guest' && (
          <GuestLobby
            error={error}
            isJoining={isJoining}
            onJoin={({ room, name, ...devices }) => void join(requestGuestTicket(room, name), devices, null)}
            onBack={toStart}
          />
        )}
        {page.kind === 'channel' && (
          <Lobby
            heading={page.channel.name}
            intro={t('joinAs', { name: user ? nameOf(user) : '' })}
            error={error}
            isJoining={isJoining}
            onJoin={(devices) => void join(services.api.joinVoice(page.channel.id), devices, page.channel)}
            onBack={toStart}
          />
        )}
        {page.kind === 'call' && <CallView model={page.model} onEnd={(reason) => leave(reason, page.channel)} />}
        {page.kind === 'end' && <EndView reason={page.reason} onBack={toStart} />}
      </main>
    </>
  );
}
