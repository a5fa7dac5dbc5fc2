import { useState, useSyncExternalStore, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionModel } from '../model/session';
import { ProblemLine } from './problem_line';

interface Props {
  session: SessionModel;
  onGuest: () => void;
}

/** Where a person without a session begins: signing in, making an account, or a call as a guest. */
export function SignIn({ session, onGuest }: Props) {
  const { t } = useTranslation();
  const { phase } = useSyncExternalStore(session.state.subscribe, session.state.get);
  const [isNew, setNew] = useState(false);

  if (phase === 'secondFactor') return <SecondFactor session={session} />;
  return (
    <section className="card">
      <h1>{t(isNew ? 'register' : 'signIn')}</h1>
      {isNew ? <RegisterForm session={session} /> : <SignInForm session={session} />}
      <button
        type="button"
        className="link"
        onClick={() => {
          session.clearProblem();
          setNew(!isNew);
        }}
      >
        {t(isNew ? 'toSignIn' : 'toRegister')}
      </button>
      <button type="button" className="link" onClick={onGuest}>
        {t('guestCall')}
      </button>
    </section>
  );
}

function SignInForm({ session }: { session: SessionModel }) {
  const { t } = useTranslation();
  const { problem, isBusy } = useSyncExternalStore(session.state.subscribe, session.state.get);
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');

  function submit(event: FormEvent): void {
    event.preventDefault();
    void session.signIn(login.trim(), password);
  }

  return (
    <form onSubmit={submit}>
      <label>
        {t('login')}
        <input required maxLength={254} autoComplete="username" autoCapitalize="none" value={login} onChange={(e) => setLogin(e.target.value)} />
      </label>
      <label>
        {t('password')}
        <input
          required
          type="password"
          maxLength={256}
          autoComplete="current-password"
          value={password}
          onChange={(e) => setPassword(e.target.value)}
        />
      </label>
      <ProblemLine problem={problem} />
      <button type="submit" className="primary" disabled={isBusy}>
        {t('signIn')}
      </button>
    </form>
  );
}

function RegisterForm({ session }: { session: SessionModel }) {
  const { t, i18n } = useTranslation();
  const { problem, isBusy } = useSyncExternalStore(session.state.subscribe, session.state.get);
  const [username, setUsername] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [password, setPassword] = useState('');

  function submit(event: FormEvent): void {
    event.preventDefault();
    void session.register({ username: username.trim(), displayName: displayName.trim(), password, locale: i18n.language });
  }

  return (
    <form onSubmit={submit}>
      <label>
        {t('username')}
        <input required maxLength={64} autoComplete="username" autoCapitalize="none" value={username} onChange={(e) => setUsername(e.target.value)} />
      </label>
      <label>
        {t('displayName')}
        <input maxLength={64} autoComplete="name" value={displayName} onChange={(e) => setDisplayName(e.target.value)} />
      </label>
      <label>
        {t('newPassword')}
        <input
          required
          type="password"
          minLength={8}
          maxLength={256}
          autoComplete="new-password"
          value={password}
          onChange={(e) => setPassword(e.target.value)}
        />
      </label>
      <ProblemLine problem={problem} />
      <button type="submit" className="primary" disabled={isBusy}>
        {t('register')}
      </button>
    </form>
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
        <ProblemLine problem={problem} />
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
