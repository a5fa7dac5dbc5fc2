import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import az from './az.json';
import en from './en.json';
import tr from './tr.json';

export const languages = { tr: 'Türkçe', az: 'Azərbaycanca', en: 'English' } as const;
export type Language = keyof typeof languages;

const storageKey = 'parley.language';

/** The person's earlier choice, else the first of the browser's languages that we speak. */
export function pickLanguage(stored: string | null, browser: readonly string[]): Language {
  const wanted = [stored ?? '', ...browser].map((tag) => tag.slice(0, 2).toLowerCase());
  return (wanted.find((tag) => tag in languages) as Language | undefined) ?? 'en';
}

export function setLanguage(language: Language): void {
  localStorage.setItem(storageKey, language);
  void i18next.changeLanguage(language);
}

export async function startI18n(): Promise<void> {
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language;
  });
  await i18next.use(initReactI18next).init({
    lng: pickLanguage(localStorage.getItem(storageKey), navigator.languages),
    fallbackLng: 'en',
    resources: { en: { translation: en }, tr: { translation: tr }, az: { translation: az } },
    interpolation: { escapeValue: false },
  });
}
