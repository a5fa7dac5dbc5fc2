import type { InvitePreview, ParleyApi } from '../api/parley';
import { attempt, untried, type Attempted } from './attempt';
import { Store } from './store';

export interface InviteState extends Attempted {
  /** Null: the person came without an invite, or it is dealt with. */
  code: string | null;
  preview: InvitePreview | null;
}

/** The invite with which somebody opened the app. */
export class InviteModel {
  readonly state: Store<InviteState>;
  private isAsked = false;

  /** `onGone`: the address should no longer hold it. */
  constructor(
    private readonly api: ParleyApi,
    code: string | null,
    private readonly onGone: () => void,
  ) {
    this.state = new Store<InviteState>({ ...untried, code, preview: null });
  }

  /** Finds out, once, where it leads. */
  async load(): Promise<void> {
    const { code } = this.state.get();
    if (!code || this.isAsked) return;
    this.isAsked = true;
    await attempt(this.state, async () => this.state.update({ preview: await this.api.previewInvite(code) }));
  }

  dismiss(): void {
    this.state.update({ ...untried, code: null, preview: null });
    this.onGone();
  }
}
