import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Tile } from '../model/call';

export function TileView({ tile }: { tile: Tile }) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const track = tile.video;

  useEffect(() => {
    const element = video.current;
    if (!element || !track) return;
    track.attach(element);
    return () => void track.detach(element);
  }, [track]);

  const name = tile.isScreen ? t('screenOf', { name: tile.name }) : tile.isLocal ? t('you', { name: tile.name }) : tile.name;
  const state = [tile.isMuted && !tile.isScreen && t('isMuted'), tile.isSpeaking && t('isSpeaking')].filter(Boolean);
  return (
    <li className={tile.isSpeaking ? 'tile speaking' : 'tile'} aria-label={[name, ...state].join(', ')}>
      {track ? (
        <video ref={video} className={tile.isLocal && !tile.isScreen ? 'mirrored' : ''} autoPlay playsInline muted={tile.isLocal} aria-hidden="true" />
      ) : (
        <span className="initial" aria-hidden="true">
          {[...tile.name][0]?.toLocaleUpperCase() ?? '?'}
        </span>
      )}
      <span className="chip" aria-hidden="true">
        {tile.isMuted && !tile.isScreen && <span className="muted-dot" />}
        {name}
      </span>
    </li>
  );
}
