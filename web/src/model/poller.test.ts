import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import { FakeClock, FakeVisibility } from './fake_time';
import { Poller } from './poller';

describe('Poller', () => {
  let clock: FakeClock;
  let page: FakeVisibility;
  let runs: number;
  let failure: Error | null;
  let poller: Poller;

  beforeEach(() => {
    clock = new FakeClock();
    page = new FakeVisibility();
    runs = 0;
    failure = null;
    poller = new Poller(
      async () => {
        runs++;
        if (failure) throw failure;
      },
      page,
      clock,
      1000,
    );
  });

  it('runs at once and then every pause', async () => {
    poller.start();
    expect(runs).toBe(1);
    await clock.advance(3000);
    expect(runs).toBe(4);
  });

  it('stops', async () => {
    poller.start();
    await clock.advance(1000);
    poller.stop();
    await clock.advance(10_000);
    expect(runs).toBe(2);
    expect(clock.waiting).toBe(0);
  });

  it('stops while it runs', async () => {
    poller.start();
    poller.stop();
    await clock.advance(10_000);
    expect(runs).toBe(1);
  });

  it('runs once at a time when it is stopped and started again', async () => {
    poller.start();
    poller.stop();
    poller.start();
    await clock.advance(0);
    expect(runs).toBe(1);
    expect(clock.waiting).toBe(1);
  });

  it('rests while the page is hidden and runs at once when it is seen again', async () => {
    poller.start();
    await clock.advance(0);
    page.set(true);
    await clock.advance(60_000);
    expect(runs).toBe(1);
    page.set(false);
    expect(runs).toBe(2);
  });

  it('does not begin on a hidden page', async () => {
    page.set(true);
    poller.start();
    await clock.advance(10_000);
    expect(runs).toBe(0);
  });

  it('doubles its pauses while the task fails, up to half a minute', async () => {
    failure = new Error('down');
    poller.start();
    await clock.advance(2000 + 4000 + 8000 + 16_000);
    expect(runs).toBe(5);
    await clock.advance(30_000);
    expect(runs).toBe(6);
  });

  it('is as quick as before after a success', async () => {
    failure = new Error('down');
    poller.start();
    await clock.advance(2000);
    failure = null;
    await clock.advance(4000);
    const before = runs;
    await clock.advance(1000);
    expect(runs).toBe(before + 1);
  });

  it('waits as long as the server asks', async () => {
    failure = new Problem('rate_limited', 429, '', 60_000);
    poller.start();
    await clock.advance(59_999);
    expect(runs).toBe(1);
    await clock.advance(1);
    expect(runs).toBe(2);
  });
});
