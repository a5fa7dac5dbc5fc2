// Files as the server tells of them, and how they get there.

export type FormRole = 'original' | 'small' | 'large' | 'poster' | 'playable';

export interface FileForm {
  role: FormRole;
  contentType: string;
  size: number;
  width?: number | null;
  height?: number | null;
}

export interface FileView {
  id: string;
  name: string;
  state: 'receiving' | 'processing' | 'ready' | 'refused';
  /** A problem's code: why it was refused. */
  problem?: string | null;
  /** Bytes as uploaded. */
  size: number;
  isVoice: boolean;
  /** This and what follows: once it is ready. */
  kind?: 'image' | 'audio' | 'video' | 'other' | null;
  contentType?: string | null;
  width?: number | null;
  height?: number | null;
  durationMs?: number | null;
  /** base64; a byte for each part of the sound, 255 full scale. */
  waveform?: string | null;
  forms: FileForm[];
}

/** Where the bytes of one form are; the session's cookie opens it. */
export function contentPath(id: string, form: FormRole, isDownload = false): string {
  return `/api/v1/files/${encodeURIComponent(id)}/content?form=${form}${isDownload ? '&download=true' : ''}`;
}

export interface UploadOptions {
  name: string;
  isVoice: boolean;
  /** From 0 to 1. */
  onProgress: (part: number) => void;
}

/** One file on its way. */
export interface Upload {
  /** Sends it, or what is not there yet of it, and gives the file's id. Throws a Problem; may be called again then. */
  run(): Promise<string>;
  /** Stops, and lets the server forget what has arrived. */
  cancel(): void;
}

export interface Uploader {
  begin(bytes: Blob, options: UploadOptions): Upload;
}
