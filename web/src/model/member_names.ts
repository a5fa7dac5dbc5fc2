import type { Member, ParleyApi } from '../api/parley';
import { asProblem } from '../api/problem';
import { Store } from './store';

const shownName = (member: Member): string => member.nickname || member.displayName || member.username;

/** What the members of a community are called; null: the server does not say. */
export class MemberNames {
  readonly state = new Store<ReadonlyMap<string, string | null>>(new Map());
  private readonly asked = new Map<string, Promise<void>>();

  constructor(
    private readonly api: ParleyApi,
    private readonly communityId: string,
  ) {}

  of(userId: string): string | null {
    return this.state.get().get(userId) ?? null;
  }

  async load(): Promise<void> {
    const { items } = await this.api.members(this.communityId);
    this.state.set(new Map([...this.state.get(), ...items.map((member) => [member.userId, shownName(member)] as const)]));
  }

  /** One who is not known yet is asked for, once. */
  ensure(userId: string): Promise<void> {
    if (this.state.get().has(userId)) return Promise.resolve();
    const asked = this.asked.get(userId) ?? this.ask(userId).finally(() => this.asked.delete(userId));
    this.asked.set(userId, asked);
    return asked;
  }

  private async ask(userId: string): Promise<void> {
    const member = await this.api.member(this.communityId, userId).catch((error: unknown) => {
      // Someone who has left the community meanwhile has no name here, and is no reason to show nothing.
      if (asProblem(error).status === 404) return null;
      throw error;
    });
    this.state.set(new Map(this.state.get()).set(userId, member && shownName(member)));
  }
}
