import { asProblem, type Problem } from '../api/problem';
import { Store } from './store';

/** What a person sees of something that takes a while and may fail. */
export interface Attempted {
  isBusy: boolean;
  problem: Problem | null;
}

/** Before the first attempt. */
export const untried: Attempted = { isBusy: false, problem: null };

/** Does it, and keeps in the state that it is being done. Resolves to whether it was; if not, the state says why. */
export async function attempt<S extends Attempted>(state: Store<S>, act: () => Promise<void>): Promise<boolean> {
  const change = (attempted: Attempted): void => state.set({ ...state.get(), ...attempted });
  change({ isBusy: true, problem: null });
  try {
    await act();
    change(untried);
    return true;
  } catch (error) {
    change({ isBusy: false, problem: asProblem(error) });
    return false;
  }
}

export interface DeedState extends Attempted {
  isDone: boolean;
}

/** Something a person asks for, until it is done. */
export class Deed {
  readonly state = new Store<DeedState>({ ...untried, isDone: false });

  async run(act: () => Promise<void>): Promise<boolean> {
    this.state.update({ isDone: false });
    const isDone = await attempt(this.state, act);
    this.state.update({ isDone });
    return isDone;
  }
}
