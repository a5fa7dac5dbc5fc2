import { useTranslation } from 'react-i18next';
import { setLanguage, type Language } from '../i18n';
import { LanguageOptions } from './language_options';

export function LanguagePicker() {
  const { t, i18n } = useTranslation();
  return (
    <label className="language">
      <span className="hidden">{t('language')}</span>
      <select value={i18n.language} onChange={(event) => setLanguage(event.target.value as Language)}>
        <LanguageOptions />
      </select>
    </label>
  );
}
