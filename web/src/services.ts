import i18next from 'i18next';
import { ApiClient } from './api/client';
import { SocketGateway } from './api/gateway';
import { ParleyApi } from './api/parley';
import { TusUploader } from './api/tus_uploader';
import { AccountModel, type SaveFile } from './model/account';
import { ChatsModel } from './model/chat';
import { CommunitiesModel } from './model/communities';
import { InviteModel } from './model/invite';
import { takePlace, type Place } from './model/place';
import type { Clock, PageVisibility } from './model/poller';
import { ProviderModel } from './model/provider';
import { SessionModel } from './model/session';
import { StandingsModel } from './model/standings';
import { browserVoiceInput } from './model/voice_input';

/** What the app's pages work with. */
export interface Services {
  api: ParleyApi;
  session: SessionModel;
  /** Where the address led that opened the app. */
  place: Place;
  /** The start, in the address bar. */
  goToStart: () => void;
  makeAccount: () => AccountModel;
  provider: ProviderModel;
  invite: InviteModel;
  communities: CommunitiesModel;
  standings: StandingsModel;
  chats: ChatsModel;
  clock: Clock;
  visibility: PageVisibility;
}

const signedInKey = 'parley.signedIn';

const saveFile: SaveFile = (name, text) => {
  const link = document.createElement('a');
  link.download = name;
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.click();
  URL.revokeObjectURL(link.href);
};

/** Not randomUUID(), which pages have only over TLS. */
function makeClientId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Ties the models to this browser: its fetch, timers, storage and language. */
export function makeServices(): Services {
  const replace = (address: string): void => history.replaceState(null, '', address);
  const place = takePlace({ read: () => new URL(location.href), replace });
  const goToStart = (): void => replace('/');
  const api = new ParleyApi(new ApiClient((path, init) => fetch(path, init), () => i18next.language));
  const session = new SessionModel(api, {
    get: () => localStorage.getItem(signedInKey) !== null,
    set: (isSignedIn) => (isSignedIn ? localStorage.setItem(signedInKey, '1') : localStorage.removeItem(signedInKey)),
  });
  const communities = new CommunitiesModel(api);
  const gateway = new SocketGateway(location.origin, () => api.renewSession());
  const standings = new StandingsModel(gateway);
  const clock: Clock = { setTimeout: (run, ms) => window.setTimeout(run, ms), clearTimeout: (timer) => window.clearTimeout(timer) };
  const visibility: PageVisibility = {
    isHidden: () => document.hidden,
    subscribe: (listener) => {
      document.addEventListener('visibilitychange', listener);
      return () => document.removeEventListener('visibilitychange', listener);
    },
  };
  const uploader = new TusUploader(() => api.renewSession(), () => i18next.language);
  const chats = new ChatsModel({ api, gateway, standings, clock, visibility, uploader, voiceInput: browserVoiceInput, makeId: makeClientId });
  session.state.subscribe(() => {
    const { phase } = session.state.get();
    if (phase === 'signedIn') standings.start();
    if (phase !== 'signedOut') return;
    chats.clear();
    standings.stop();
    communities.clear();
  });
  return {
    api,
    session,
    place,
    goToStart,
    makeAccount: () => new AccountModel(api, session, saveFile),
    provider: new ProviderModel(api, (address) => location.assign(address)),
    invite: new InviteModel(api, place.kind === 'start' ? place.invite : null, goToStart),
    communities,
    standings,
    chats,
    clock,
    visibility,
  };
}
