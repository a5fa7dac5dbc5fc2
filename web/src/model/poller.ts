import { Problem } from '../api/problem';

/** The browser's timers, or a test's. */
export interface Clock {
  setTimeout(run: () => void, ms: number): number;
  clearTimeout(timer: number): void;
}

/** Whether anyone can see the page, and when that changes. */
export interface PageVisibility {
  isHidden(): boolean;
  subscribe(listener: () => void): () => void;
}

/** Beyond this a server that recovers would be noticed late. */
const longestWaitMs = 30_000;

/**
 * Runs a task again and again, a pause after each end, while the page is visible; at once when it becomes visible. After
 * failures the pauses double, and a server that names a pause gets it.
 */
export class Poller {
  private timer: number | null = null;
  private unsubscribe: (() => void) | null = null;
  private isRunning = false;
  private failures = 0;

  constructor(
    private readonly task: () => Promise<void>,
    private readonly page: PageVisibility,
    private readonly clock: Clock,
    private readonly pauseMs: number,
  ) {}

  start(): void {
    this.unsubscribe ??= this.page.subscribe(() => this.follow());
    this.follow();
  }

  stop(): void {
    this.unsubscribe?.();
    this.unsubscribe = null;
    this.rest();
  }

  private follow(): void {
    if (this.page.isHidden()) this.rest();
    else if (this.timer === null && !this.isRunning) void this.run();
  }

  private rest(): void {
    if (this.timer !== null) this.clock.clearTimeout(this.timer);
    this.timer = null;
  }

  private async run(): Promise<void> {
    this.timer = null;
    this.isRunning = true;
    let pauseMs = this.pauseMs;
    try {
      await this.task();
      this.failures = 0;
    } catch (error) {
      this.failures++;
      const asked = error instanceof Problem ? error.retryAfterMs : 0;
      pauseMs = Math.max(asked, Math.min(longestWaitMs, this.pauseMs * 2 ** this.failures));
    }
    this.isRunning = false;
    if (!this.unsubscribe || this.page.isHidden()) return;
    this.timer = this.clock.setTimeout(() => void this.run(), pauseMs);
  }
}
