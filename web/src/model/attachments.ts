import type { Upload, Uploader } from '../api/files';
import { asProblem, type Problem } from '../api/problem';
import { Store } from './store';

/** The most files that one message holds. */
export const mostFiles = 10;

/** A file that was chosen for the next message. */
export interface Attachment {
  key: number;
  name: string;
  /** Bytes. */
  size: number;
  state: 'uploading' | 'done' | 'failed';
  /** From 0 to 1. */
  progress: number;
  /** Why it failed. */
  problem: Problem | null;
  /** What the server calls it, once it is done. */
  id: string | null;
}

/** A file in a message that is about to be sent. */
export interface SentFile {
  id: string;
  name: string;
}

export interface AttachmentsState {
  items: readonly Attachment[];
  /** More were chosen than fit. */
  isTooMany: boolean;
}

/** The files of the next message of one conversation. They go up, one after the other, while the person writes. */
export class AttachmentsModel {
  readonly state = new Store<AttachmentsState>({ items: [], isTooMany: false });
  private readonly uploads = new Map<number, Upload>();
  private readonly waiting: number[] = [];
  private lastKey = 0;
  private isRunning = false;

  constructor(private readonly uploader: Uploader) {}

  add(files: readonly File[]): void {
    const { items } = this.state.get();
    const taken = files.slice(0, mostFiles - items.length);
    const added = taken.map((file): Attachment => {
      const key = ++this.lastKey;
      const onProgress = (progress: number): void => this.change(key, { progress });
      this.uploads.set(key, this.uploader.begin(file, { name: file.name, isVoice: false, onProgress }));
      this.waiting.push(key);
      return { key, name: file.name, size: file.size, state: 'uploading', progress: 0, problem: null, id: null };
    });
    this.state.set({ items: [...items, ...added], isTooMany: taken.length < files.length });
    void this.run();
  }

  cancel(key: number): void {
    this.uploads.get(key)?.cancel();
    this.forget(key);
    void this.run();
  }

  retry(key: number): void {
    this.change(key, { state: 'uploading', problem: null });
    this.waiting.push(key);
    void this.run();
  }

  /** Whether all that was chosen has arrived, or nothing was chosen. */
  isComplete(): boolean {
    return this.state.get().items.every(({ state }) => state === 'done');
  }

  /** What has arrived, for a message; it is no longer chosen after that. */
  take(): SentFile[] {
    const done = this.state.get().items.filter(({ state }) => state === 'done');
    for (const { key } of done) this.forget(key);
    return done.map(({ id, name }) => ({ id: id ?? '', name }));
  }

  /** For the next person at this browser. */
  clear(): void {
    for (const { key } of this.state.get().items) this.cancel(key);
  }

  private async run(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    for (let key = this.waiting.shift(); key !== undefined; key = this.waiting.shift()) await this.send(key);
    this.isRunning = false;
  }

  private async send(key: number): Promise<void> {
    const upload = this.uploads.get(key);
    if (!upload) return;
    try {
      const id = await Promise.race([upload.run(), this.untilForgotten(key)]);
      if (id !== null) this.change(key, { state: 'done', progress: 1, id });
    } catch (error) {
      this.change(key, { state: 'failed', problem: asProblem(error) });
    }
  }

  /** One that was cancelled never ends by itself. */
  private untilForgotten(key: number): Promise<null> {
    return new Promise((resolve) => {
      const stop = this.state.subscribe(() => {
        const item = this.state.get().items.find((one) => one.key === key);
        if (item?.state === 'uploading') return;
        stop();
        if (!item) resolve(null);
      });
    });
  }

  private forget(key: number): void {
    this.uploads.delete(key);
    this.state.update({ items: this.state.get().items.filter((one) => one.key !== key), isTooMany: false });
  }

  private change(key: number, change: Partial<Attachment>): void {
    const items = this.state.get().items.map((one) => (one.key === key ? { ...one, ...change } : one));
    this.state.update({ items });
  }
}
