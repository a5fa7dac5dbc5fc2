import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the fake cameras' pictures and microphones' tones are made. */
export const mediaFolder = fileURLToPath(new URL('../test-results/media/', import.meta.url));

/** A participant is known by its colour and its tone, so that a test can tell whose picture and sound arrived. */
export interface Persona {
  name: string;
  color: 'red' | 'blue';
  /** [r, g, b] as a receiver sees it, roughly: video is not lossless. */
  rgb: [number, number, number];
  tone: number;
}

export const ada: Persona = { name: 'Ada', color: 'red', rgb: [251, 0, 0], tone: 1000 };
export const bora: Persona = { name: 'Bora', color: 'blue', rgb: [0, 0, 251], tone: 600 };

export const videoFile = (persona: Persona): string => `${mediaFolder}${persona.color}.mjpeg`;
export const toneFile = (persona: Persona): string => `${mediaFolder}${persona.tone}.wav`;

function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', ['-y', '-v', 'error', ...args]);
}

export default function makeMedia(): void {
  mkdirSync(mediaFolder, { recursive: true });
  for (const persona of [ada, bora]) {
    if (!existsSync(videoFile(persona))) {
      const source = `color=c=${persona.color}:size=640x360:rate=30:duration=4`;
      ffmpeg('-f', 'lavfi', '-i', source, '-c:v', 'mjpeg', '-q:v', '4', videoFile(persona));
    }
    if (!existsSync(toneFile(persona))) {
      // In bursts, because browsers' noise suppression removes a steady tone.
      const source = `aevalsrc=0.5*sin(2*PI*${persona.tone}*t)*lt(mod(t\\,0.5)\\,0.25):s=48000:d=10`;
      ffmpeg('-f', 'lavfi', '-i', source, '-ac', '1', '-c:a', 'pcm_s16le', toneFile(persona));
    }
  }
}
