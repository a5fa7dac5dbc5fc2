import type { Upload, Uploader, UploadOptions } from '../api/files';
import type { Problem } from '../api/problem';
import type { Recording, VoiceInput } from './recorder';

/** An upload for tests, which ends when it is told to. */
export class FakeUpload implements Upload {
  runs = 0;
  isCancelled = false;
  private settle: { resolve: (id: string) => void; reject: (problem: Problem) => void } | null = null;
  private known: string | null = null;

  constructor(readonly options: UploadOptions) {}

  run(): Promise<string> {
    ++this.runs;
    if (this.known !== null) return Promise.resolve(this.known);
    return new Promise((resolve, reject) => (this.settle = { resolve, reject }));
  }

  cancel(): void {
    this.isCancelled = true;
  }

  arrive(id: string): void {
    this.known = id;
    this.settle?.resolve(id);
  }

  fail(problem: Problem): void {
    this.settle?.reject(problem);
  }
}

export class FakeUploader implements Uploader {
  private readonly uploads = new Map<string, FakeUpload>();

  begin(_bytes: Blob, options: UploadOptions): FakeUpload {
    const upload = new FakeUpload(options);
    this.uploads.set(options.name, upload);
    return upload;
  }

  of(name: string): FakeUpload {
    const upload = this.uploads.get(name);
    if (!upload) throw new Error(`nobody began ${name}`);
    return upload;
  }
}

/** A microphone for tests. */
export class FakeVoiceInput implements VoiceInput {
  isAllowed = true;
  discarded = 0;

  async record(): Promise<Recording> {
    if (!this.isAllowed) throw new Error('not allowed');
    return {
      finish: async () => new Blob(['sound'], { type: 'audio/webm;codecs=opus' }),
      discard: () => void ++this.discarded,
    };
  }
}
