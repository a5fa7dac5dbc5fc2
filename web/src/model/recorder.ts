import type { Upload, Uploader } from '../api/files';
import { asProblem, type Problem } from '../api/problem';
import type { SentFile } from './attachments';
import type { Clock } from './poller';
import { Store } from './store';

/** A recording that runs. */
export interface Recording {
  /** Ends it and gives what was said. */
  finish(): Promise<Blob>;
  /** Ends it and throws it away. */
  discard(): void;
}

/** What the browser records voice with. */
export interface VoiceInput {
  /** Throws when there is no microphone, or the person does not allow it. */
  record(): Promise<Recording>;
}

export interface RecorderState {
  phase: 'idle' | 'starting' | 'recording' | 'sending' | 'failed';
  /** Seconds since the recording began. */
  seconds: number;
  /** Why it could not be sent; null while `failed`: there is no microphone. */
  problem: Problem | null;
}

/** The longest that is recorded; what is longer is sent as far as it came. */
export const longestSeconds = 15 * 60;
const idle: RecorderState = { phase: 'idle', seconds: 0, problem: null };

/** A voice message from the first word until it is sent. */
export class RecorderModel {
  readonly state = new Store<RecorderState>(idle);
  private recording: Recording | null = null;
  private upload: Upload | null = null;
  private timer: number | null = null;
  /** Of the latest attempt: what an older one still brings is thrown away. */
  private attempt = 0;

  constructor(
    private readonly input: VoiceInput,
    private readonly uploader: Uploader,
    private readonly clock: Clock,
    private readonly onSent: (file: SentFile) => void,
  ) {}

  async start(): Promise<void> {
    if (this.state.get().phase !== 'idle' && this.state.get().phase !== 'failed') return;
    const attempt = ++this.attempt;
    this.state.set({ ...idle, phase: 'starting' });
    try {
      const recording = await this.input.record();
      if (attempt !== this.attempt) return recording.discard();
      this.recording = recording;
      this.state.update({ phase: 'recording' });
      this.tick();
    } catch {
      if (attempt === this.attempt) this.state.set({ ...idle, phase: 'failed' });
    }
  }

  /** Throws it away, in whichever phase. */
  cancel(): void {
    ++this.attempt;
    this.stopClock();
    this.recording?.discard();
    this.upload?.cancel();
    this.recording = null;
    this.upload = null;
    this.state.set(idle);
  }

  /** The person looks at something else: nobody is recorded unseen. What is being sent is sent. */
  leave(): void {
    const { phase } = this.state.get();
    if (phase === 'starting' || phase === 'recording') this.cancel();
  }

  async send(): Promise<void> {
    const { recording, attempt } = this;
    if (!recording || this.state.get().phase !== 'recording') return;
    this.stopClock();
    this.recording = null;
    this.state.update({ phase: 'sending' });
    const bytes = await recording.finish();
    if (attempt !== this.attempt) return;
    const name = `voice.${extensionOf(bytes.type)}`;
    this.upload = this.uploader.begin(bytes, { name, isVoice: true, onProgress: () => {} });
    await this.deliver(this.upload, name, attempt);
  }

  /** Sends what could not be sent. */
  async retry(): Promise<void> {
    if (!this.upload || this.state.get().phase !== 'failed') return;
    this.state.update({ phase: 'sending', problem: null });
    await this.deliver(this.upload, 'voice', this.attempt);
  }

  private async deliver(upload: Upload, name: string, attempt: number): Promise<void> {
    try {
      const id = await upload.run();
      if (attempt !== this.attempt) return;
      this.upload = null;
      this.state.set(idle);
      this.onSent({ id, name });
    } catch (error) {
      if (attempt === this.attempt) this.state.update({ phase: 'failed', problem: asProblem(error) });
    }
  }

  private tick(): void {
    this.timer = this.clock.setTimeout(() => {
      const seconds = this.state.get().seconds + 1;
      this.state.update({ seconds });
      if (seconds < longestSeconds) this.tick();
      else void this.send();
    }, 1_000);
  }

  private stopClock(): void {
    if (this.timer !== null) this.clock.clearTimeout(this.timer);
    this.timer = null;
  }
}

function extensionOf(type: string): string {
  if (type.startsWith('audio/ogg')) return 'ogg';
  return type.startsWith('audio/mp4') ? 'm4a' : 'webm';
}
