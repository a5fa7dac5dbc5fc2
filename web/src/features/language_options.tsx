import { languages } from '../i18n';

/** The languages of the app, each by its own name, for a select. */
export function LanguageOptions() {
  return Object.entries(languages).map(([code, name]) => (
    <option key={code} value={code} lang={code}>
      {name}
    </option>
  ));
}
