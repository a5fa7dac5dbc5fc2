import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Device, ParleyApi } from '../api/parley';
import { describeDevice, DevicesModel } from '../model/devices';
import { ProblemLine } from './problem_line';

/** Where a person is signed in, and the way to end that. */
export function Devices({ api }: { api: ParleyApi }) {
  const { t } = useTranslation();
  const [model] = useState(() => new DevicesModel(api));
  const { devices, problem, isBusy } = useSyncExternalStore(model.state.subscribe, model.state.get);
  useEffect(() => void model.load(), [model]);

  return (
    <section className="card" aria-labelledby="devices">
      <h2 id="devices">{t('devices')}</h2>
      <ProblemLine problem={problem} />
      <ul className="plain" aria-labelledby="devices">
        {devices.map((device) => (
          <DeviceRow key={device.id} device={device} isBusy={isBusy} onRevoke={() => void model.revoke(device.id)} />
        ))}
      </ul>
    </section>
  );
}

function DeviceRow({ device, isBusy, onRevoke }: { device: Device; isBusy: boolean; onRevoke: () => void }) {
  const { t, i18n } = useTranslation();
  const name = describeDevice(device) || t('unknownDevice');
  const when = new Date(device.lastUsedAt).toLocaleString(i18n.language, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <li className="device" aria-label={name}>
      <div>
        <strong>{name}</strong>
        <small>{[device.ip, device.isCurrent ? t('thisDevice') : t('lastUsed', { when })].filter(Boolean).join(' · ')}</small>
      </div>
      {!device.isCurrent && (
        <button type="button" className="secondary" disabled={isBusy} aria-label={t('signOutDevice', { name })} onClick={onRevoke}>
          {t('signOut')}
        </button>
      )}
    </li>
  );
}
