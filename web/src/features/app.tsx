import { Room } from 'livekit-client';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { requestCallToken, CallTokenError } from '../api/call_token';
import { CallModel, type EndReason } from '../model/call';
import { CallView } from './call';
import { EndView } from './end';
import { LanguagePicker } from './language_picker';
import { Lobby, type LobbyChoice } from './lobby';

type Page = { kind: 'lobby'; error: string | null } | { kind: 'call'; model: CallModel } | { kind: 'end'; reason: EndReason };

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

export function App() {
  const { t } = useTranslation();
  const [page, setPage] = useState<Page>({ kind: 'lobby', error: null });
  const [isJoining, setJoining] = useState(false);

  async function join(choice: LobbyChoice): Promise<void> {
    setJoining(true);
    try {
      const { token } = await requestCallToken(choice.room, choice.name);
      const model = new CallModel(makeRoom());
      setPage({ kind: 'call', model });
      void model.join(location.origin.replace(/^http/, 'ws'), token, choice);
    } catch (error) {
      const code = error instanceof CallTokenError && error.code === 'forbidden' ? 'forbidden' : 'unavailable';
      setPage({ kind: 'lobby', error: t(`error_${code}`) });
    } finally {
      setJoining(false);
    }
  }

  return (
    <>
      <header className="bar">
        <span className="brand">Parley</span>
        <LanguagePicker />
      </header>
      <main>
        {page.kind === 'lobby' && <Lobby error={page.error} isJoining={isJoining} onJoin={(c) => void join(c)} />}
        {page.kind === 'call' && (
          <CallView model={page.model} onEnd={(reason) => setPage({ kind: 'end', reason })} />
        )}
        {page.kind === 'end' && (
          <EndView reason={page.reason} onBack={() => setPage({ kind: 'lobby', error: null })} />
        )}
      </main>
    </>
  );
}
