import { useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { OwnUser } from '../api/parley';
import { passwordProblemKey } from '../model/explain';
import { SecondFactorModel } from '../model/second_factor';
import type { Services } from '../services';
import { CodeForm } from './code_form';
import { ProblemLine } from './problem_line';

/** Signing in with a code of an app besides the password: on, off, and its recovery codes. */
export function SecondFactorSettings({ services, user }: { services: Services; user: OwnUser }) {
  const { t } = useTranslation();
  const [model] = useState(() => new SecondFactorModel(services.api, services.session));
  const { setup, recoveryCodes, problem, isBusy } = useSyncExternalStore(model.state.subscribe, model.state.get);
  const { hasPassword, hasSecondFactor } = user;

  return (
    <section className="card" aria-labelledby="second-factor">
      <h2 id="second-factor">{t('secondFactor')}</h2>
      <p role="status">{t(hasSecondFactor ? 'secondFactorOn' : 'secondFactorOff')}</p>
      {recoveryCodes && (
        <div className="notice">
          <p>{t('recoveryCodesOnce')}</p>
          <ul className="codes" aria-label={t('recoveryCodes')}>
            {recoveryCodes.map((code) => (
              <li key={code}>
                <code>{code}</code>
              </li>
            ))}
          </ul>
          <button type="button" className="secondary" onClick={() => model.forgetCodes()}>
            {t('codesKept')}
          </button>
        </div>
      )}
      {setup && (
        <>
          <p>
            {t('totpIntro')} <a href={setup.url}>{t('totpLink')}</a>
          </p>
          <label>
            {t('totpSecret')}
            <input readOnly value={setup.secret} onFocus={(event) => event.target.select()} />
          </label>
          <CodeForm action={t('turnOn')} codeLabel={t('codeOfApp')} isBusy={isBusy} onSubmit={(_, code) => model.confirm(code)} onCancel={() => model.cancel()} />
        </>
      )}
      <ProblemLine problem={problem} keyOf={passwordProblemKey} />
      {!setup && !hasSecondFactor && (
        <CodeForm action={t('setUp')} hasPassword={hasPassword} isBusy={isBusy} onSubmit={(password) => model.begin(password)} />
      )}
      {hasSecondFactor && !recoveryCodes && (
        <>
          <details>
            <summary>{t('renewCodes')}</summary>
            <CodeForm action={t('renewCodes')} codeLabel={t('codeOfApp')} isBusy={isBusy} onSubmit={(_, code) => model.renew(code)} />
          </details>
          <details>
            <summary>{t('turnOff')}</summary>
            <CodeForm
              action={t('turnOff')}
              hasPassword={hasPassword}
              codeLabel={t('code')}
              isBusy={isBusy}
              onSubmit={(password, code) => model.disable(password, code)}
            />
          </details>
        </>
      )}
    </section>
  );
}
