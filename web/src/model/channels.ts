import type { Channel, ParleyApi, VoiceState } from '../api/parley';
import { asProblem, type Problem } from '../api/problem';
import { MemberNames } from './member_names';
import { allows, permission } from './permissions';
import { Poller, type Clock, type PageVisibility } from './poller';
import { Store } from './store';

/** One person in a voice channel. */
export interface Occupant {
  userId: string;
  /** Null when the server does not say who it is. */
  name: string | null;
  isMuted: boolean;
  hasCamera: boolean;
  hasScreen: boolean;
}

export interface VoiceChannel {
  id: string;
  name: string;
  canJoin: boolean;
  /** Whether the person may take others out of it and bring them here. */
  canMove: boolean;
  occupants: readonly Occupant[];
}

export interface TextChannel {
  id: string;
  name: string;
  canSend: boolean;
}

export interface ChannelsState {
  textChannels: readonly TextChannel[];
  channels: readonly VoiceChannel[];
  canCreate: boolean;
  canInvite: boolean;
  /** Why the list may be out of date. */
  pollProblem: Problem | null;
  /** Why the last channel was not made. */
  createProblem: Problem | null;
  /** Why nobody was moved. */
  moveProblem: Problem | null;
  isLoaded: boolean;
}

/** Who comes and goes is seen within a second; an answer that says "as before" costs the server little. */
const pauseMs = 1000;
/** Channels themselves and one's own rights change rarely: every so many polls is enough. */
const pollsPerReload = 10;

/** The channels of one community and who is in those for voice, kept fresh while it is started. */
export class ChannelsModel {
  readonly state = new Store<ChannelsState>({
    textChannels: [],
    channels: [],
    canCreate: false,
    canInvite: false,
    pollProblem: null,
    createProblem: null,
    moveProblem: null,
    isLoaded: false,
  });
  private readonly poller: Poller;
  private channels: readonly Channel[] = [];
  private channelsTag: string | null = null;
  private voice: readonly VoiceState[] = [];
  private voiceTag: string | null = null;
  readonly names: MemberNames;
  private polls = 0;

  constructor(
    private readonly api: ParleyApi,
    private readonly communityId: string,
    page: PageVisibility,
    clock: Clock,
  ) {
    this.names = new MemberNames(api, communityId);
    this.poller = new Poller(() => this.poll(), page, clock, pauseMs);
  }

  start(): void {
    this.poller.start();
  }

  stop(): void {
    this.poller.stop();
  }

  /** Whether it was done; if not, the state says why. */
  async create(kind: 'text' | 'voice', name: string): Promise<boolean> {
    this.state.update({ createProblem: null });
    try {
      await this.api.createChannel(this.communityId, kind, name.trim());
      await this.loadChannels();
      this.show();
      return true;
    } catch (error) {
      this.state.update({ createProblem: asProblem(error) });
      return false;
    }
  }

  /** The move itself shows when it has happened. */
  async move(userId: string, channelId: string): Promise<void> {
    this.state.update({ moveProblem: null });
    try {
      await this.api.moveMember(this.communityId, userId, channelId);
    } catch (error) {
      this.state.update({ moveProblem: asProblem(error) });
    }
  }

  private async poll(): Promise<void> {
    try {
      if (this.polls === 0) await this.names.load();
      if (this.polls % pollsPerReload === 0) await this.reload();
      await this.loadVoice();
      this.polls++;
      this.show();
      this.state.update({ pollProblem: null, isLoaded: true });
    } catch (error) {
      this.state.update({ pollProblem: asProblem(error) });
      throw error;
    }
  }

  private async reload(): Promise<void> {
    const [{ permissions }] = await Promise.all([this.api.community(this.communityId), this.loadChannels()]);
    this.state.update({
      canCreate: allows(permissions, permission.manageChannels),
      canInvite: allows(permissions, permission.invite),
    });
  }

  private async loadChannels(): Promise<void> {
    const answer = await this.api.channels(this.communityId, this.channelsTag);
    if (!answer) return;
    this.channelsTag = answer.etag;
    this.channels = answer.value.items.filter(({ kind }) => kind !== 'category');
  }

  private async loadVoice(): Promise<void> {
    const answer = await this.api.voiceStates(this.communityId, this.voiceTag);
    if (!answer) return;
    const { items } = answer.value;
    if (items.some(({ channelId }) => this.channels.every(({ id }) => id !== channelId))) await this.loadChannels();
    await Promise.all([...new Set(items.map(({ userId }) => userId))].map((id) => this.names.ensure(id)));
    this.voice = items;
    this.voiceTag = answer.etag;
  }

  private show(): void {
    const channels = this.channels.filter(({ kind }) => kind === 'voice').map(({ id, name, permissions }) => ({
      id,
      name,
      canJoin: allows(permissions, permission.connect),
      canMove: allows(permissions, permission.move),
      occupants: this.voice
        .filter(({ channelId }) => channelId === id)
        .map(({ userId, isMuted, hasCamera, hasScreen }) => ({
          userId,
          name: this.names.of(userId),
          isMuted,
          hasCamera,
          hasScreen,
        })),
    }));
    const textChannels = this.channels
      .filter(({ kind, permissions }) => kind === 'text' && allows(permissions, permission.view))
      .map(({ id, name, permissions }) => ({ id, name, canSend: allows(permissions, permission.send) }));
    this.state.update({ channels, textChannels });
  }
}
