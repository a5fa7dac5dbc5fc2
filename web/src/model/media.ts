import type { FileForm, FileView, FormRole } from '../api/files';

const codes = new Set([
  'quota_exceeded',
  'body_too_large',
  'media_unreadable',
  'media_too_large',
  'file_infected',
  'limit_reached',
  'storage_full',
  'storage_unavailable',
  'rate_limited',
  'not_found',
]);

/** The key of the sentence that says what is wrong with a file. */
export const fileProblemKey = (code: string): string => (codes.has(code) ? `file_${code}` : 'file_failed');

export const formOf = (file: FileView, role: FormRole): FileForm | undefined => file.forms.find((form) => form.role === role);

/** The largest picture in a message, in CSS pixels. */
const shownSide = 320;

/** The space that a picture takes before it is there, so that nothing jumps when it comes. */
export function shownSize({ width, height }: Pick<FileView, 'width' | 'height'>): { width: number; height: number } {
  if (!width || !height) return { width: shownSide, height: (shownSide * 9) / 16 };
  const scale = Math.min(1, shownSide / width, shownSide / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * Which form of a recording is played: the one that is made for every engine. Originals are not: what Firefox records has
 * neither length nor index, and Chromium, which says that it can, fails at it. They are for an engine without that codec.
 */
export function playableRole(file: FileView, canPlay: (type: string) => boolean): FormRole {
  const playable = formOf(file, 'playable');
  return playable && canPlay(playable.contentType) ? 'playable' : 'original';
}

/** Heights from 0 to 1 of at most `count` bars, each the loudest of its part. */
export function waveformBars(waveform: string, count: number): number[] {
  const bytes = Uint8Array.from(atob(waveform), (char) => char.charCodeAt(0));
  const bars = Math.min(count, bytes.length);
  return Array.from({ length: bars }, (_, i) => {
    const from = Math.floor((i * bytes.length) / bars);
    const to = Math.max(from + 1, Math.floor(((i + 1) * bytes.length) / bars));
    return Math.max(...bytes.subarray(from, to)) / 255;
  });
}

/** As `1:05`. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** As `1.5 MB`, in the person's language. */
export function sizeText(bytes: number, language: string): string {
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const format = { style: 'unit', unit: units[step], unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits: step > 1 ? 1 : 0 } as const;
  return new Intl.NumberFormat(language, format).format(bytes / 1000 ** step);
}
