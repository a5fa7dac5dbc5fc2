import { describe, expect, it } from 'vitest';
import az from './az.json';
import en from './en.json';
import { pickLanguage } from '.';
import tr from './tr.json';

describe('translations', () => {
  it.each([
    ['tr', tr],
    ['az', az],
  ])('%s has every key of English, and no other', (_, texts) => {
    expect(Object.keys(texts).sort()).toEqual(Object.keys(en).sort());
  });

  it.each([
    ['tr', tr],
    ['az', az],
  ])('%s keeps the placeholders of English', (_, texts) => {
    const placeholders = (text: string): string[] => (text.match(/{{\w+}}/g) ?? []).sort();
    for (const [key, text] of Object.entries(en)) {
      expect(placeholders((texts as Record<string, string>)[key] ?? ''), key).toEqual(placeholders(text));
    }
  });
});

describe('pickLanguage', () => {
  it('prefers the stored choice', () => expect(pickLanguage('az', ['tr-TR'])).toBe('az'));
  it('takes the first browser language it speaks', () => expect(pickLanguage(null, ['de-DE', 'tr-TR', 'en'])).toBe('tr'));
  it('falls back to English', () => expect(pickLanguage(null, ['de-DE'])).toBe('en'));
});
