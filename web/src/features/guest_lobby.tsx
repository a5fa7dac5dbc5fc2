import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Lobby, type DeviceChoice } from './lobby';

export interface GuestChoice extends DeviceChoice {
  name: string;
  room: string;
}

interface Props {
  error: string | null;
  isJoining: boolean;
  onJoin: (choice: GuestChoice) => void;
  onBack: () => void;
}

/** A call by a room's name, without an account. */
export function GuestLobby({ error, isJoining, onJoin, onBack }: Props) {
  const { t } = useTranslation();
  const query = new URLSearchParams(location.search);
  const [name, setName] = useState(query.get('name') ?? localStorage.getItem('parley.name') ?? '');
  const [room, setRoom] = useState(query.get('room') ?? 'lounge');

  function join(devices: DeviceChoice): void {
    localStorage.setItem('parley.name', name.trim());
    onJoin({ ...devices, name: name.trim(), room: room.trim() });
  }

  return (
    <Lobby heading={t('title')} intro={t('intro')} error={error} isJoining={isJoining} onJoin={join} onBack={onBack}>
      <label>
        {t('name')}
        <input required maxLength={64} autoComplete="name" value={name} onChange={(e) => setName(e.target.value)} />
      </label>
      <label>
        {t('room')}
        <input required maxLength={64} value={room} onChange={(e) => setRoom(e.target.value)} />
      </label>
    </Lobby>
  );
}
