import type { Gateway, LiveEvent } from '../api/chat';
import { noAnswer } from '../api/problem';

type Answer = (argument: Record<string, unknown>) => unknown;

/** A gateway for tests: answers as it was told, tells what it is told to, and keeps what was asked. */
export class FakeGateway implements Gateway {
  readonly asked: { name: string; argument: Record<string, unknown> }[] = [];
  private readonly answers = new Map<string, Answer>();
  private readonly listeners = new Set<(event: LiveEvent) => void>();
  private readonly stateListeners = new Set<(isConnected: boolean) => void>();

  on(name: string, answer: Answer): this {
    this.answers.set(name, answer);
    return this;
  }

  start(): void {}

  stop(): void {
    this.setConnected(false);
  }

  listen(listener: (event: LiveEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  listenToState(listener: (isConnected: boolean) => void): () => void {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  }

  async ask<T>(name: string, argument: object): Promise<T> {
    const given = argument as Record<string, unknown>;
    this.asked.push({ name, argument: given });
    const answer = this.answers.get(name);
    if (!answer) throw noAnswer();
    return (await answer(given)) as T;
  }

  tell(event: LiveEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  setConnected(isConnected: boolean): void {
    for (const listener of this.stateListeners) listener(isConnected);
  }

  of(name: string): Record<string, unknown>[] {
    return this.asked.filter((one) => one.name === name).map(({ argument }) => argument);
  }
}
