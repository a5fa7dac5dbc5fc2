import type { ParleyApi, ProfileChange } from '../api/parley';
import { Deed } from './attempt';
import type { SessionModel } from './session';

export interface Profile {
  displayName: string;
  statusText: string;
  locale: string;
}

/** Hands a text over to be kept as a file. */
export type SaveFile = (name: string, text: string) => void;

/** What a person does with the account that is signed in; each deed says for itself how it went. */
export class AccountModel {
  readonly profile = new Deed();
  readonly password = new Deed();
  readonly mail = new Deed();
  readonly export = new Deed();
  readonly erasure = new Deed();

  constructor(
    private readonly api: ParleyApi,
    private readonly session: SessionModel,
    private readonly saveFile: SaveFile,
  ) {}

  saveProfile({ displayName, statusText, locale }: Profile): Promise<boolean> {
    const change: ProfileChange = { displayName: displayName.trim() || null, statusText: statusText.trim() || null, locale };
    return this.profile.run(async () => this.session.setUser(await this.api.changeProfile(change)));
  }

  changePassword(oldPassword: string, newPassword: string): Promise<boolean> {
    return this.password.run(() => this.api.changePassword(oldPassword, newPassword));
  }

  sendVerification(): Promise<boolean> {
    return this.mail.run(() => this.api.sendVerification());
  }

  exportData(): Promise<boolean> {
    return this.export.run(async () => this.saveFile('parley.json', JSON.stringify(await this.api.exportData(), null, 2)));
  }

  /** The server ends all sessions with it, this one too. */
  erase(password: string): Promise<boolean> {
    return this.erasure.run(async () => {
      await this.api.requestErasure(password);
      this.session.forget();
    });
  }

  keep(): Promise<boolean> {
    return this.erasure.run(async () => {
      await this.api.cancelErasure();
      await this.session.reload();
    });
  }
}
