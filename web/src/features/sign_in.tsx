import { useEffect, useState, useSyncExternalStore, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { arrivalKey } from '../model/explain';
import type { SessionModel } from '../model/session';
import type { Services } from '../services';
import { ForgotPassword } from './forgot_password';
import { InviteCard } from './invite_card';
import { PasswordField } from './password_field';
import { ProblemLine } from './problem_line';
import { RegisterForm } from './register_form';

interface Props {
  services: Services;
  onGuest: () => void;
}

type View = 'signIn' | 'register' | 'forgot';

/** Where a person without a session begins: signing in, making an account, or a call as a guest. */
export function SignIn({ services, onGuest }: Props) {
  const { t } = useTranslation();
  const { session } = services;
  const { phase } = useSyncExternalStore(session.state.subscribe, session.state.get);
  const [view, setView] = useState<View>('signIn');

  function show(next: View): void {
    session.clearProblem();
    setView(next);
  }

  const link = (next: View, text: string) => (
    <button type="button" className="link" onClick={() => show(next)}>
      {text}
    </button>
  );

  if (phase === 'secondFactor') return <SecondFactor session={session} />;
  return (
    <div className="door">
      <InviteCard services={services} />
      <section className="card">
        <h1>{t(view)}</h1>
        {view === 'signIn' && <SignInForm session={session} />}
        {view === 'register' && <RegisterForm session={session} />}
        {view === 'forgot' && <ForgotPassword api={services.api} />}
        {view !== 'forgot' && <ProviderButton services={services} />}
        <div className="links">
          {view === 'signIn' && link('forgot', t('forgot'))}
          {view === 'signIn' ? link('register', t('toRegister')) : link('signIn', t(view === 'forgot' ? 'backToSignIn' : 'toSignIn'))}
          <button type="button" className="link" onClick={onGuest}>
            {t('guestCall')}
          </button>
        </div>
      </section>
    </div>
  );
}

function SignInForm({ session }: { session: SessionModel }) {
  const { t } = useTranslation();
  const { problem, arrivalProblem, isBusy } = useSyncExternalStore(session.state.subscribe, session.state.get);
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');

  function submit(event: FormEvent): void {
    event.preventDefault();
    void session.signIn(login.trim(), password);
  }

  return (
    <form onSubmit={submit}>
      {arrivalProblem && (
        <p role="alert" className="error">
          {t(arrivalKey(arrivalProblem))}
        </p>
      )}
      <label>
        {t('login')}
        <input required maxLength={254} autoComplete="username" autoCapitalize="none" value={login} onChange={(e) => setLogin(e.target.value)} />
      </label>
      <PasswordField label={t('password')} value={password} onChange={setPassword} />
      <ProblemLine problem={problem} />
      <button type="submit" className="primary" disabled={isBusy}>
        {t('signIn')}
      </button>
    </form>
  );
}

function ProviderButton({ services: { provider, session } }: { services: Services }) {
  const { t } = useTranslation();
  const isOffered = useSyncExternalStore(provider.isOffered.subscribe, provider.isOffered.get);
  useEffect(() => void provider.load(), [provider]);

  function go(): void {
    session.expectArrival();
    // Only the start has something to come back to: an invite.
    provider.go(location.pathname === '/' ? `/${location.search}` : '/');
  }

  return (
    isOffered && (
      <button type="button" className="secondary" onClick={go}>
        {t('signInByProvider')}
      </button>
    )
  );
}

function SecondFactor({ session }: { session: SessionModel }) {
  const { t } = useTranslation();
  const { problem, isBusy } = useSyncExternalStore(session.state.subscribe, session.state.get);
  const [code, setCode] = useState('');

  function submit(event: FormEvent): void {
    event.preventDefault();
    void session.finishSignIn(code.trim());
  }

  return (
    <section className="card">
      <h1>{t('secondFactor')}</h1>
      <form onSubmit={submit}>
        <label>
          {t('code')}
          <input required maxLength={40} autoComplete="one-time-code" value={code} onChange={(e) => setCode(e.target.value)} />
        </label>
        <ProblemLine problem={problem} keyOf={({ code: why }) => (arrivalKey(why) === 'arrival_stale' ? 'arrival_stale' : null)} />
        <button type="submit" className="primary" disabled={isBusy}>
          {t('signIn')}
        </button>
      </form>
      <button type="button" className="link" onClick={() => session.cancelSignIn()}>
        {t('back')}
      </button>
    </section>
  );
}
