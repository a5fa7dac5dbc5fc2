import { useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { OwnUser } from '../api/parley';
import type { AccountModel } from '../model/account';
import { passwordProblemKey } from '../model/explain';
import { ConfirmButton } from './confirm_button';
import { PasswordField } from './password_field';
import { ProblemLine } from './problem_line';

/** Taking one's data along, and leaving for good. */
export function Departure({ account, user }: { account: AccountModel; user: OwnUser }) {
  const { t } = useTranslation();
  const exported = useSyncExternalStore(account.export.state.subscribe, account.export.state.get);
  const erasure = useSyncExternalStore(account.erasure.state.subscribe, account.erasure.state.get);
  const [password, setPassword] = useState('');

  return (
    <section className="card" aria-labelledby="departure">
      <h2 id="departure">{t('yourData')}</h2>
      <ProblemLine problem={exported.problem} />
      <div className="actions">
        <button type="button" className="secondary" disabled={exported.isBusy} onClick={() => void account.exportData()}>
          {t('downloadData')}
        </button>
        {!user.eraseAt && (
          <ConfirmButton label={t('eraseAccount')} question={t('eraseQuestion')} isBusy={erasure.isBusy} onConfirm={() => account.erase(password)}>
            {user.hasPassword && <PasswordField label={t('password')} value={password} onChange={setPassword} />}
            <ProblemLine problem={erasure.problem} keyOf={passwordProblemKey} />
          </ConfirmButton>
        )}
      </div>
    </section>
  );
}
