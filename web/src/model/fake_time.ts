import type { Clock, PageVisibility } from './poller';

/** A clock for tests, which stands still until it is told otherwise. */
export class FakeClock implements Clock {
  private nowMs = 0;
  private nextTimer = 1;
  private readonly timers = new Map<number, { atMs: number; run: () => void }>();

  setTimeout(run: () => void, ms: number): number {
    this.timers.set(this.nextTimer, { atMs: this.nowMs + ms, run });
    return this.nextTimer++;
  }

  clearTimeout(timer: number): void {
    this.timers.delete(timer);
  }

  /** Lets time pass, and what it starts come to its end. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await settle();
    for (;;) {
      const [due] = [...this.timers].filter(([, { atMs }]) => atMs <= untilMs).sort(([, a], [, b]) => a.atMs - b.atMs);
      if (!due) break;
      this.timers.delete(due[0]);
      this.nowMs = due[1].atMs;
      due[1].run();
      await settle();
    }
    this.nowMs = untilMs;
  }

  get waiting(): number {
    return this.timers.size;
  }
}

/** A turn of the event loop: every promise that can be kept without time passing has been. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

export class FakeVisibility implements PageVisibility {
  private isAway = false;
  private readonly listeners = new Set<() => void>();

  isHidden(): boolean {
    return this.isAway;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  set(isHidden: boolean): void {
    this.isAway = isHidden;
    for (const listener of this.listeners) listener();
  }
}
