import type { Community, ParleyApi } from '../api/parley';
import { attempt, untried, type Attempted } from './attempt';
import { Store } from './store';

export interface CommunitiesState extends Attempted {
  communities: readonly Community[];
  selectedId: string | null;
  /** The last invite that was made, for the community that is selected. */
  inviteCode: string | null;
  isLoaded: boolean;
}

const nothing: CommunitiesState = {
  ...untried,
  communities: [],
  selectedId: null,
  inviteCode: null,
  isLoaded: false,
};

/** The address that brings whoever opens it to an invite. */
export const inviteLink = (origin: string, code: string): string => `${origin}/?invite=${encodeURIComponent(code)}`;

/** The code in what a person pasted: the code itself, or a link that holds it. */
export function readInviteCode(text: string): string {
  const trimmed = text.trim();
  if (!URL.canParse(trimmed)) return trimmed;
  return new URL(trimmed).searchParams.get('invite') ?? trimmed;
}

/** The communities of the person who is signed in, and which of them is looked at. */
export class CommunitiesModel {
  readonly state = new Store<CommunitiesState>(nothing);

  constructor(private readonly api: ParleyApi) {}

  load(): Promise<boolean> {
    return this.attempt(() => this.fetch());
  }

  select(id: string): void {
    this.state.update({ selectedId: id, inviteCode: null, problem: null });
  }

  create(name: string): Promise<boolean> {
    return this.attempt(async () => this.show(await this.api.createCommunity(name.trim())));
  }

  accept(codeOrLink: string): Promise<boolean> {
    return this.attempt(async () => {
      const { community } = await this.api.acceptInvite(readInviteCode(codeOrLink));
      this.show(community);
    });
  }

  leave(id: string): Promise<boolean> {
    return this.attempt(async () => {
      await this.api.leaveCommunity(id);
      await this.fetch();
    });
  }

  invite(): Promise<boolean> {
    return this.attempt(async () => {
      const { selectedId } = this.state.get();
      if (!selectedId) return;
      const { code } = await this.api.createInvite(selectedId);
      // The person may have gone to another community while the server answered.
      if (this.state.get().selectedId === selectedId) this.state.update({ inviteCode: code });
    });
  }

  /** For the next person at this browser. */
  clear(): void {
    this.state.set(nothing);
  }

  private async fetch(): Promise<void> {
    const { items } = await this.api.communities();
    const { selectedId } = this.state.get();
    const isThere = items.some(({ id }) => id === selectedId);
    this.state.update({ communities: items, isLoaded: true, selectedId: isThere ? selectedId : (items[0]?.id ?? null) });
  }

  private show(community: Community): void {
    const others = this.state.get().communities.filter(({ id }) => id !== community.id);
    this.state.update({ communities: [...others, community] });
    this.select(community.id);
  }

  private attempt(act: () => Promise<void>): Promise<boolean> {
    return attempt(this.state, act);
  }
}
