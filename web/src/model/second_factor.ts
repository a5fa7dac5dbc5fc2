import type { ParleyApi, TotpSetup } from '../api/parley';
import { attempt, untried, type Attempted } from './attempt';
import type { SessionModel } from './session';
import { Store } from './store';

export interface SecondFactorState extends Attempted {
  /** While the person puts the secret into an app. */
  setup: TotpSetup | null;
  /** Shown once: the server keeps only their hashes. */
  recoveryCodes: readonly string[] | null;
}

/** The authenticator app of the person who is signed in. Whether there is one, the session's user says. */
export class SecondFactorModel {
  readonly state = new Store<SecondFactorState>({ ...untried, setup: null, recoveryCodes: null });

  constructor(
    private readonly api: ParleyApi,
    private readonly session: SessionModel,
  ) {}

  begin(password: string): Promise<boolean> {
    return attempt(this.state, async () => this.state.update({ setup: await this.api.beginSecondFactor(password) }));
  }

  confirm(code: string): Promise<boolean> {
    return attempt(this.state, async () => {
      const { recoveryCodes } = await this.api.confirmSecondFactor(code.trim());
      this.state.update({ setup: null, recoveryCodes });
      await this.session.reload();
    });
  }

  renew(code: string): Promise<boolean> {
    return attempt(this.state, async () => {
      const { recoveryCodes } = await this.api.renewRecoveryCodes(code.trim());
      this.state.update({ recoveryCodes });
    });
  }

  disable(password: string, code: string): Promise<boolean> {
    return attempt(this.state, async () => {
      await this.api.disableSecondFactor(password, code.trim());
      await this.session.reload();
    });
  }

  cancel(): void {
    this.state.update({ ...untried, setup: null });
  }

  forgetCodes(): void {
    this.state.update({ recoveryCodes: null });
  }
}
