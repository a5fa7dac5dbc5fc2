import type { History, Receipts } from './chat';
import type { ApiClient, Tagged } from './client';

export interface OwnUser {
  id: string;
  username?: string;
  email?: string;
  isEmailVerified: boolean;
  displayName: string;
  statusText: string;
  /** Of mails; empty when it was never chosen. */
  locale: string;
  hasPassword: boolean;
  hasSecondFactor: boolean;
  /** While an erasure of the account can be taken back. */
  eraseAt?: string;
}

/** What a person may change; null clears. */
export interface ProfileChange {
  displayName?: string | null;
  statusText?: string | null;
  locale?: string | null;
}

export interface SignInAnswer {
  status: 'signed_in' | 'second_factor_required';
  ticket?: string;
}

export interface NewAccount {
  username: string;
  email: string;
  displayName: string;
  password: string;
  locale: string;
}

/** Where a person is signed in. */
export interface Device {
  id: string;
  deviceName: string;
  userAgent: string;
  ip: string;
  lastUsedAt: string;
  isCurrent: boolean;
}

/** For an authenticator app: to be typed, or opened as a link. */
export interface TotpSetup {
  secret: string;
  url: string;
}

export interface RecoveryCodes {
  recoveryCodes: string[];
}

/** Where an invite leads. */
export interface InvitePreview {
  communityName: string;
  members: number;
  inviterName: string;
}

export interface Community {
  id: string;
  name: string;
  ownerId: string;
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
/** What fills a tall window. */
const messagePage = 50;
const inCookies = { transport: 'cookie' };
const me = '/api/v1/users/me';
const part = encodeURIComponent;
/** Who has no password proves nothing by one. */
const proof = (password: string): { password?: string } => (password ? { password } : {});

/** The routes of the server that the app uses, by name. */
export class ParleyApi {
  constructor(private readonly client: ApiClient) {}

  onSignedOut(listener: () => void): void {
    this.client.onSignedOut = listener;
  }

  /** Fresh cookies for the session, before the old ones end. */
  renewSession(): Promise<void> {
    return this.client.renew();
  }

  register({ displayName, email, ...account }: NewAccount): Promise<SignInAnswer> {
    const body = { ...account, ...(displayName && { displayName }), ...(email && { email }), ...inCookies };
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

  /** Whether this server lets people sign in by an identity provider. */
  provider(): Promise<{ isOffered: boolean }> {
    return this.client.getAnonymously('/api/v1/auth/oidc');
  }

  requestPasswordReset(email: string): Promise<void> {
    return this.client.postAnonymously('/api/v1/auth/password/request-reset', { email });
  }

  resetPassword(token: string, newPassword: string): Promise<void> {
    return this.client.postAnonymously('/api/v1/auth/password/reset', { token, newPassword });
  }

  verifyEmail(token: string): Promise<void> {
    return this.client.postAnonymously('/api/v1/auth/email/verify', { token });
  }

  sendVerification(): Promise<void> {
    return this.client.post(`${me}/email/send-verification`);
  }

  me(): Promise<OwnUser> {
    return this.client.get(me);
  }

  changeProfile(change: ProfileChange): Promise<OwnUser> {
    return this.client.patch(me, change);
  }

  changePassword(oldPassword: string, newPassword: string): Promise<void> {
    return this.client.put(`${me}/password`, { oldPassword, newPassword });
  }

  devices(): Promise<Page<Device>> {
    return this.client.get(`${me}/sessions`);
  }

  revokeDevice(id: string): Promise<void> {
    return this.client.delete(`${me}/sessions/${part(id)}`);
  }

  beginSecondFactor(password: string): Promise<TotpSetup> {
    return this.client.post(`${me}/second-factor/begin`, proof(password));
  }

  confirmSecondFactor(code: string): Promise<RecoveryCodes> {
    return this.client.post(`${me}/second-factor/confirm`, { code });
  }

  renewRecoveryCodes(code: string): Promise<RecoveryCodes> {
    return this.client.post(`${me}/second-factor/recovery-codes`, { code });
  }

  disableSecondFactor(password: string, code: string): Promise<void> {
    return this.client.post(`${me}/second-factor/disable`, { ...proof(password), code });
  }

  exportData(): Promise<unknown> {
    return this.client.get(`${me}/export`);
  }

  requestErasure(password: string): Promise<{ eraseAt: string }> {
    return this.client.post(`${me}/erasure`, proof(password));
  }

  cancelErasure(): Promise<void> {
    return this.client.delete(`${me}/erasure`);
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

  leaveCommunity(id: string): Promise<void> {
    return this.client.delete(`/api/v1/communities/${part(id)}/membership`);
  }

  previewInvite(code: string): Promise<InvitePreview> {
    return this.client.getAnonymously(`/api/v1/invites/${part(code)}`);
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

  createChannel(communityId: string, kind: 'text' | 'voice', name: string): Promise<Channel> {
    return this.client.post(`/api/v1/communities/${part(communityId)}/channels`, { name, kind });
  }

  /** The newest messages, or those right before or after a seq. */
  history(conversationId: string, { before, after }: { before?: number; after?: number }): Promise<History> {
    const place = before !== undefined ? `&before=${before}` : after !== undefined ? `&after=${after}` : '';
    return this.client.get(`/api/v1/conversations/${part(conversationId)}/messages?limit=${messagePage}${place}`);
  }

  receipts(conversationId: string): Promise<Receipts> {
    return this.client.get(`/api/v1/conversations/${part(conversationId)}/receipts`);
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
