import { useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Services } from '../services';
import { Departure } from './settings_departure';
import { Devices } from './settings_devices';
import { PasswordSettings } from './settings_password';
import { ProfileSettings } from './settings_profile';
import { SecondFactorSettings } from './settings_second_factor';
import { Notices } from './notices';

interface Props {
  services: Services;
  onBack: () => void;
}

/** A person's own account. */
export function Settings({ services, onBack }: Props) {
  const { t } = useTranslation();
  const { user } = useSyncExternalStore(services.session.state.subscribe, services.session.state.get);
  const [account] = useState(services.makeAccount);
  if (!user) return null;
  return (
    <div className="settings">
      <div className="settings-head">
        <h1>{t('settings')}</h1>
        <button type="button" className="secondary" onClick={onBack}>
          {t('back')}
        </button>
      </div>
      <Notices services={services} />
      <ProfileSettings account={account} user={user} />
      {user.hasPassword && <PasswordSettings account={account} />}
      <SecondFactorSettings services={services} user={user} />
      <Devices api={services.api} />
      <Departure account={account} user={user} />
    </div>
  );
}
