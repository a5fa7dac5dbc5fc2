import { describe, expect, it } from 'vitest';
import type { FileView } from '../api/files';
import en from '../i18n/en.json';
import { clockText, fileProblemKey, playableRole, shownSize, sizeText, waveformBars } from './media';

const voice = (contentType: string, roles: ('original' | 'playable')[]): FileView => ({
  id: 'f1',
  name: 'voice',
  state: 'ready',
  size: 1,
  isVoice: true,
  forms: roles.map((role) => ({ role, contentType: role === 'original' ? contentType : 'audio/mp4', size: 1 })),
});

describe('what is played of a voice message', () => {
  const both = voice('audio/ogg', ['original', 'playable']);
  it('is what is made for every engine', () => expect(playableRole(both, () => true)).toBe('playable'));
  it('is the original where the engine lacks that codec', () => expect(playableRole(both, (type) => type === 'audio/ogg')).toBe('original'));
  it('is the original when there is nothing else', () => expect(playableRole(voice('audio/ogg', ['original']), () => false)).toBe('original'));
});

describe('the space of a picture', () => {
  it('keeps its shape', () => expect(shownSize({ width: 1600, height: 800 })).toEqual({ width: 320, height: 160 }));
  it('is not larger than the picture', () => expect(shownSize({ width: 40, height: 30 })).toEqual({ width: 40, height: 30 }));
  it('is not nothing for a thin line', () => expect(shownSize({ width: 4000, height: 1 })).toEqual({ width: 320, height: 1 }));
  it('is there before its size is known', () => expect(shownSize({})).toEqual({ width: 320, height: 180 }));
});

describe('the bars of a waveform', () => {
  it('are the loudest of their parts', () => expect(waveformBars(btoa('\x00\xff\x33\x00'), 2)).toEqual([1, 0.2]));
  it('are no more than there are parts', () => expect(waveformBars(btoa('\xff'), 48)).toEqual([1]));
  it('are none without a sound', () => expect(waveformBars('', 48)).toEqual([]));
});

describe('what people read of a file', () => {
  it('is its length in minutes', () => expect([clockText(5.4), clockText(65)]).toEqual(['0:05', '1:05']));
  it('is its size in their language', () => {
    expect(sizeText(1_500_000, 'en')).toBe('1.5 MB');
    expect(sizeText(1_500_000, 'tr')).toBe('1,5 MB');
    expect(sizeText(0, 'en')).toBe('0 bytes');
  });
  it.each(['quota_exceeded', 'body_too_large', 'media_unreadable', 'media_too_large', 'file_infected', 'unheard_of'])('is why it failed: %s', (code) =>
    expect((en as Record<string, string>)[fileProblemKey(code)]).toBeTypeOf('string'),
  );
});
