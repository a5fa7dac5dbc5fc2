import { DetailedError, Upload as TusUpload } from 'tus-js-client';
import type { Upload, Uploader, UploadOptions } from './files';
import { noAnswer, Problem, readProblem } from './problem';

/** The most that the server takes at once. */
const chunkBytes = 8 * 1024 * 1024;
const endpoint = '/api/v1/uploads';
/** Before a chunk that got no answer is tried again, each time. */
const retryDelaysMs = [500, 1_000, 3_000, 5_000];

/** Uploads by tus 1.0. The session is in a cookie; `renew` brings a fresh one, or throws. */
export class TusUploader implements Uploader {
  constructor(
    private readonly renew: () => Promise<void>,
    private readonly language: () => string,
  ) {}

  begin(bytes: Blob, options: UploadOptions): Upload {
    return new OneUpload(bytes, options, this.renew, this.language);
  }
}

class OneUpload implements Upload {
  private readonly upload: TusUpload;
  private settle: { resolve: (id: string) => void; reject: (problem: Problem) => void } | null = null;
  private hasRenewed = false;

  constructor(
    bytes: Blob,
    { name, isVoice, onProgress }: UploadOptions,
    private readonly renew: () => Promise<void>,
    language: () => string,
  ) {
    this.upload = new TusUpload(bytes as File, {
      endpoint,
      chunkSize: chunkBytes,
      uploadDataDuringCreation: true,
      retryDelays: retryDelaysMs,
      storeFingerprintForResuming: false,
      headers: { 'accept-language': language() },
      metadata: { filename: name, ...(isVoice && { voice: 'true' }) },
      onShouldRetry: (error) => isWorthRetrying('originalResponse' in error ? error.originalResponse?.getStatus() : undefined),
      onProgress: (sent, total) => onProgress(total > 0 ? sent / total : 1),
      onSuccess: () => this.settle?.resolve(this.upload.url?.split('/').at(-1) ?? ''),
      onError: (error) => void this.fail(error),
    });
  }

  run(): Promise<string> {
    this.hasRenewed = false;
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.upload.start();
    });
  }

  cancel(): void {
    // What stays behind after a failure, the server forgets within a day.
    this.upload.abort(true).catch(() => {});
  }

  private async fail(error: Error): Promise<void> {
    const problem = await problemOf(error);
    if (problem.status !== 401 || this.hasRenewed) return this.settle?.reject(problem);
    this.hasRenewed = true;
    try {
      await this.renew();
      this.upload.start();
    } catch {
      this.settle?.reject(problem);
    }
  }
}

/** Without an answer, at another place than the server (409, which tus asks about), or too early. */
function isWorthRetrying(status: number | undefined): boolean {
  return status === undefined || status === 0 || status === 409 || status === 429 || (status >= 500 && status !== 507);
}

async function problemOf(error: Error): Promise<Problem> {
  const answer = error instanceof DetailedError ? error.originalResponse : null;
  const status = answer?.getStatus() ?? 0;
  if (!answer || status < 400) return noAnswer();
  return readProblem(new Response(answer.getBody(), { status }));
}
