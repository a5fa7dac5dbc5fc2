import type { NewAccount, OwnUser, ParleyApi, SignInAnswer } from '../api/parley';
import { asProblem, type Problem } from '../api/problem';
import { Store } from './store';

export interface SessionState {
  phase: 'loading' | 'signedOut' | 'secondFactor' | 'signedIn';
  user: OwnUser | null;
  problem: Problem | null;
  isBusy: boolean;
  /** The code of what went wrong at the identity provider; empty when nothing did. */
  arrivalProblem: string;
}

/** Remembers across reloads that somebody signed in: the cookies that prove it are hidden from scripts. */
export interface SessionHint {
  get(): boolean;
  set(isSignedIn: boolean): void;
}

export const nameOf = (user: OwnUser): string => user.displayName || user.username || user.email || '';

/** Who uses this browser. */
export class SessionModel {
  readonly state: Store<SessionState>;
  private ticket = '';

  constructor(
    private readonly api: ParleyApi,
    private readonly hint: SessionHint,
  ) {
    this.state = new Store<SessionState>({ phase: hint.get() ? 'loading' : 'signedOut', user: null, problem: null, isBusy: false, arrivalProblem: '' });
    api.onSignedOut(() => this.forget());
  }

  /** Finds out who is signed in. A visitor who never signed in costs the server nothing. */
  async open(): Promise<void> {
    if (this.state.get().phase !== 'loading') return;
    await this.attempt(() => this.enter());
    // Without an answer the person can still try by hand, or come back: the hint stays.
    if (this.state.get().phase === 'loading') this.state.update({ phase: 'signedOut' });
  }

  /** Somebody is back from the identity provider without a session: there is none to be found. */
  arrive(arrivalProblem: string, ticket: string): void {
    this.ticket = ticket;
    this.hint.set(false);
    this.state.update({ phase: ticket ? 'secondFactor' : 'signedOut', arrivalProblem });
  }

  /** Whoever comes back from the identity provider may be signed in, by cookies that no script sees. */
  expectArrival(): void {
    this.hint.set(true);
  }

  register(account: NewAccount): Promise<void> {
    return this.attempt(async () => this.follow(await this.api.register(account)));
  }

  signIn(login: string, password: string): Promise<void> {
    return this.attempt(async () => this.follow(await this.api.signIn(login, password)));
  }

  finishSignIn(code: string): Promise<void> {
    return this.attempt(async () => this.follow(await this.api.finishSignIn(this.ticket, code)));
  }

  cancelSignIn(): void {
    this.ticket = '';
    this.state.update({ phase: 'signedOut', problem: null });
  }

  /** Only the server can end a session, so a failure leaves the person signed in and says why. */
  signOut(): Promise<void> {
    return this.attempt(async () => {
      await this.api.signOut();
      this.forget();
    });
  }

  clearProblem(): void {
    this.state.update({ problem: null, arrivalProblem: '' });
  }

  /** What the server answered to a change of the account. */
  setUser(user: OwnUser): void {
    this.state.update({ user });
  }

  /** What other pages and other devices changed. */
  async reload(): Promise<void> {
    this.setUser(await this.api.me());
  }

  /** The server has ended the session. */
  forget(): void {
    this.hint.set(false);
    this.state.update({ phase: 'signedOut', user: null });
  }

  private async follow(answer: SignInAnswer): Promise<void> {
    if (answer.status === 'second_factor_required') {
      this.ticket = answer.ticket ?? '';
      this.state.update({ phase: 'secondFactor' });
      return;
    }
    this.ticket = '';
    this.hint.set(true);
    await this.enter();
  }

  private async enter(): Promise<void> {
    this.state.update({ user: await this.api.me(), phase: 'signedIn' });
  }

  private async attempt(act: () => Promise<void>): Promise<void> {
    const isOpening = this.state.get().phase === 'loading';
    this.state.update({ isBusy: true, problem: null, arrivalProblem: '' });
    try {
      await act();
      this.state.update({ isBusy: false });
    } catch (error) {
      const problem = asProblem(error);
      // That a remembered session has ended in the meantime needs no red words.
      this.state.update({ isBusy: false, problem: isOpening && problem.status === 401 ? null : problem });
    }
  }
}
