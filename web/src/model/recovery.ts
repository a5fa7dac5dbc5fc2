import type { ParleyApi } from '../api/parley';
import { Deed } from './attempt';

/** What is done by a mailed link, or to get one. */
export class RecoveryModel {
  private readonly deed = new Deed();
  readonly state = this.deed.state;
  private verification: Promise<boolean> | null = null;

  constructor(private readonly api: ParleyApi) {}

  /** Once, however often it is called: the token works once. */
  verify(token: string): Promise<boolean> {
    this.verification ??= this.deed.run(() => this.api.verifyEmail(token));
    return this.verification;
  }

  reset(token: string, newPassword: string): Promise<boolean> {
    return this.deed.run(() => this.api.resetPassword(token, newPassword));
  }

  /** Done whether there is such an account or not: the server tells nobody. */
  requestReset(email: string): Promise<boolean> {
    return this.deed.run(() => this.api.requestPasswordReset(email.trim()));
  }
}
