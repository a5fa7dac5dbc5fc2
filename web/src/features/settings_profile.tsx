import { useState, useSyncExternalStore, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { OwnUser } from '../api/parley';
import { setLanguage, type Language } from '../i18n';
import type { AccountModel } from '../model/account';
import { LanguageOptions } from './language_options';
import { ProblemLine } from './problem_line';

/** What others see of a person, and the language of mails. */
export function ProfileSettings({ account, user }: { account: AccountModel; user: OwnUser }) {
  const { t, i18n } = useTranslation();
  const { problem, isBusy, isDone } = useSyncExternalStore(account.profile.state.subscribe, account.profile.state.get);
  const [displayName, setDisplayName] = useState(user.displayName);
  const [statusText, setStatusText] = useState(user.statusText);
  const [locale, setLocale] = useState(user.locale || i18n.language);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    // Whoever reads this page in another language than mails, and changes only the name, keeps it so.
    const isChosen = locale !== (user.locale || i18n.language);
    if ((await account.saveProfile({ displayName, statusText, locale })) && isChosen) setLanguage(locale as Language);
  }

  return (
    <section className="card" aria-labelledby="profile">
      <h2 id="profile">{t('profile')}</h2>
      <p>{[user.username, user.email].filter(Boolean).join(' · ')}</p>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          {t('shownName')}
          <input maxLength={64} autoComplete="name" value={displayName} onChange={(e) => setDisplayName(e.target.value)} />
        </label>
        <label>
          {t('statusText')}
          <input maxLength={140} value={statusText} onChange={(e) => setStatusText(e.target.value)} />
        </label>
        <label>
          {t('ownLanguage')}
          <select value={locale} onChange={(e) => setLocale(e.target.value)}>
            <LanguageOptions />
          </select>
        </label>
        <ProblemLine problem={problem} />
        <div className="actions">
          <span role="status">{isDone && t('saved')}</span>
          <button type="submit" className="primary" disabled={isBusy}>
            {t('save')}
          </button>
        </div>
      </form>
    </section>
  );
}
