import type { ParleyApi } from '../api/parley';
import { Store } from './store';

/** Whether people can sign in by an identity provider, and the way there. */
export class ProviderModel {
  readonly isOffered = new Store(false);
  private isAsked = false;

  /** `leave` loads another address in place of the app. */
  constructor(
    private readonly api: ParleyApi,
    private readonly leave: (address: string) => void,
  ) {}

  /** Asks once. Without an answer it is not offered: the other ways of signing in are still there. */
  async load(): Promise<void> {
    if (this.isAsked) return;
    this.isAsked = true;
    const answer = await this.api.provider().catch(() => ({ isOffered: false }));
    this.isOffered.set(answer.isOffered);
  }

  /** Whoever comes back is led to `returnTo`, a path of the app. */
  go(returnTo: string): void {
    this.leave(`/api/v1/auth/oidc/start?returnTo=${encodeURIComponent(returnTo)}`);
  }
}
