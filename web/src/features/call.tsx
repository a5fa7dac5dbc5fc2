import { useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallModel, EndReason } from '../model/call';
import { bestColumns } from '../model/layout';
import { AudioSink } from './audio_sink';
import { TileView } from './tile';
import { ToggleButton } from './toggle_button';

export function CallView({ model, onEnd }: { model: CallModel; onEnd: (reason: EndReason) => void }) {
  const { t } = useTranslation();
  const state = useSyncExternalStore(model.state.subscribe, model.state.get);

  useEffect(() => {
    if (state.phase === 'ended') onEnd(state.endReason ?? 'failed');
  }, [state.phase, state.endReason, onEnd]);

  const people = new Set(state.tiles.filter((tile) => !tile.isScreen).map((tile) => tile.key)).size;
  const columns = bestColumns(state.tiles.length, window.innerWidth / Math.max(1, window.innerHeight - 120));
  return (
    <section className="call">
      <p className="status" role="status">
        {state.phase === 'connected' ? t('participants', { count: people }) : t(state.phase === 'reconnecting' ? 'reconnecting' : 'connecting')}
      </p>
      <ul className="grid" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
        {state.tiles.map((tile) => (
          <TileView key={tile.key} tile={tile} />
        ))}
      </ul>
      {state.audio.map((track) => (
        <AudioSink key={track.sid} track={track} />
      ))}
      {state.deviceError && (
        <p role="alert" className="error">
          {t(`error_${state.deviceError}`)}
        </p>
      )}
      {!state.canPlayAudio && (
        <button type="button" className="primary" onClick={() => void model.startAudio()}>
          {t('startAudio')}
        </button>
      )}
      <div className="dock" role="toolbar" aria-label={t('controls')}>
        <ToggleButton
          icon="microphone"
          isOn={state.isMicrophoneOn}
          label={t(state.isMicrophoneOn ? 'mute' : 'unmute')}
          onPress={() => void model.setMicrophone(!state.isMicrophoneOn)}
        />
        <ToggleButton
          icon="camera"
          isOn={state.isCameraOn}
          label={t(state.isCameraOn ? 'cameraOff' : 'cameraOn')}
          onPress={() => void model.setCamera(!state.isCameraOn)}
        />
        <ToggleButton
          icon="screen"
          isOn={state.isSharing}
          label={t(state.isSharing ? 'unshare' : 'share')}
          onPress={() => void model.setSharing(!state.isSharing)}
        />
        <ToggleButton icon="leave" isDanger label={t('leave')} onPress={() => void model.leave()} />
      </div>
    </section>
  );
}
