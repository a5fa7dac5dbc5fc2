import type { ApiClient, Tagged } from './client';

export interface OwnUser {
  id: string;
  username?: string;
  email?: string;
  displayName: string;
}

export interface SignInAnswer {
  status: 'signed_in' | 'second_factor_required';
  ticket?: string;
}

export interface NewAccount {
  username: string;
  displayName: string;
  password: string;
  locale: string;
}

export interface Community {
  id: string;
  name: string;
  /** The caller's 64-bit mask as a decimal number; only where one community was asked for. */
  permissions?: string;
}

export interface Channel {
  id: string;
  kind: 'text' | 'voice' | 'category';
  name: string;
  position: number;
  permissions?: string;
}

export interface Member {
  userId: string;
  nickname: string;
  username: string;
  displayName: string;
}

export interface VoiceState {
  channelId: string;
  userId: string;
  isMuted: boolean;
  hasCamera: boolean;
  hasScreen: boolean;
}

export interface Invite {
  code: string;
}

/** What a moderator's move brings into a call. */
export interface VoiceMove {
  channelId: string;
  ticket: VoiceTicket;
}

/** What lets a person into a voice channel's room. */
export interface VoiceTicket {
  url: string;
  token: string;
}

export interface Page<T> {
  items: T[];
}

/** How many members' names are fetched at once; the others' are asked for one by one when they appear. */
const memberPage = 100;
const inCookies = { transport: 'cookie' };
const part = encodeURIComponent;

/** The routes of the server that the app uses, by name. */
export class ParleyApi {
  constructor(private readonly client: ApiClient) {}

  onSignedOut(listener: () => void): void {
    this.client.onSignedOut = listener;
  }

  register({ displayName, ...account }: NewAccount): Promise<SignInAnswer> {
    const body = { ...account, ...(displayName && { displayName }), ...inCookies };
    return this.client.postAnonymously('/api/v1/auth/register', body);
  }

  signIn(login: string, password: string): Promise<SignInAnswer> {
    return this.client.postAnonymously('/api/v1/auth/sign-in', { login, password, ...inCookies });
  }

  finishSignIn(ticket: string, code: string): Promise<SignInAnswer> {
    return this.client.postAnonymously('/api/v1/auth/second-factor', { ticket, code, ...inCookies });
  }

  signOut(): Promise<void> {
    return this.client.postAnonymously('/api/v1/auth/sign-out');
  }

  me(): Promise<OwnUser> {
    return this.client.get('/api/v1/users/me');
  }

  communities(): Promise<Page<Community>> {
    return this.client.get('/api/v1/communities');
  }

  community(id: string): Promise<Community> {
    return this.client.get(`/api/v1/communities/${part(id)}`);
  }

  createCommunity(name: string): Promise<Community> {
    return this.client.post('/api/v1/communities', { name });
  }

  createInvite(communityId: string): Promise<Invite> {
    return this.client.post(`/api/v1/communities/${part(communityId)}/invites`, {});
  }

  acceptInvite(code: string): Promise<{ community: Community }> {
    return this.client.post(`/api/v1/invites/${part(code)}/accept`);
  }

  members(communityId: string): Promise<Page<Member>> {
    return this.client.get(`/api/v1/communities/${part(communityId)}/members?limit=${memberPage}`);
  }

  member(communityId: string, userId: string): Promise<Member> {
    return this.client.get(`/api/v1/communities/${part(communityId)}/members/${part(userId)}`);
  }

  channels(communityId: string, etag: string | null): Promise<Tagged<Page<Channel>> | null> {
    return this.client.getIfChanged(`/api/v1/communities/${part(communityId)}/channels`, etag);
  }

  createVoiceChannel(communityId: string, name: string): Promise<Channel> {
    return this.client.post(`/api/v1/communities/${part(communityId)}/channels`, { name, kind: 'voice' });
  }

  voiceStates(communityId: string, etag: string | null): Promise<Tagged<Page<VoiceState>> | null> {
    return this.client.getIfChanged(`/api/v1/communities/${part(communityId)}/voice-states`, etag);
  }

  moveMember(communityId: string, userId: string, channelId: string): Promise<void> {
    return this.client.post(`/api/v1/communities/${part(communityId)}/members/${part(userId)}/move`, { channelId });
  }

  joinVoice(channelId: string): Promise<VoiceTicket> {
    return this.client.post(`/api/v1/channels/${part(channelId)}/voice/join`);
  }
}
