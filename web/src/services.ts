import i18next from 'i18next';
import { ApiClient } from './api/client';
import { ParleyApi } from './api/parley';
import { CommunitiesModel } from './model/communities';
import type { Clock, PageVisibility } from './model/poller';
import { SessionModel } from './model/session';

/** What the app's pages work with. */
export interface Services {
  api: ParleyApi;
  session: SessionModel;
  communities: CommunitiesModel;
  clock: Clock;
  visibility: PageVisibility;
}

const signedInKey = 'parley.signedIn';

/** Ties the models to this browser: its fetch, timers, storage and language. */
export function makeServices(): Services {
  const api = new ParleyApi(new ApiClient((path, init) => fetch(path, init), () => i18next.language));
  const session = new SessionModel(api, {
    get: () => localStorage.getItem(signedInKey) !== null,
    set: (isSignedIn) => (isSignedIn ? localStorage.setItem(signedInKey, '1') : localStorage.removeItem(signedInKey)),
  });
  const communities = new CommunitiesModel(api);
  session.state.subscribe(() => {
    if (session.state.get().phase === 'signedOut') communities.clear();
  });
  return {
    api,
    session,
    communities,
    clock: { setTimeout: (run, ms) => window.setTimeout(run, ms), clearTimeout: (timer) => window.clearTimeout(timer) },
    visibility: {
      isHidden: () => document.hidden,
      subscribe: (listener) => {
        document.addEventListener('visibilitychange', listener);
        return () => document.removeEventListener('visibilitychange', listener);
      },
    },
  };
}
