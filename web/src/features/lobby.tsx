import { useEffect, useRef, useState, useSyncExternalStore, type FormEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { LobbyModel } from '../model/lobby';
import { LevelMeter } from './level_meter';
import { ToggleButton } from './toggle_button';

/** Which devices a person takes along. */
export interface DeviceChoice {
  microphone: boolean;
  camera: boolean;
}

interface Props {
  heading: string;
  intro: string;
  error: string | null;
  isJoining: boolean;
  onJoin: (devices: DeviceChoice) => void;
  onBack: () => void;
  /** Further fields of the form. */
  children?: ReactNode;
}

const openDevices = (constraints: MediaStreamConstraints): Promise<MediaStream> =>
  navigator.mediaDevices ? navigator.mediaDevices.getUserMedia(constraints) : Promise.reject(new Error('insecure'));

/** The moment before a call: looking at oneself, and choosing what to take along. */
export function Lobby({ heading, intro, error, isJoining, onJoin, onBack, children }: Props) {
  const { t } = useTranslation();
  const [model, setModel] = useState(() => new LobbyModel(openDevices));
  const state = useSyncExternalStore(model.state.subscribe, model.state.get);

  useEffect(() => {
    // A fresh model each time: a closed one stays closed (React runs effects twice in development).
    const fresh = new LobbyModel(openDevices);
    setModel(fresh);
    void fresh.open();
    return () => fresh.close();
  }, []);

  function submit(event: FormEvent): void {
    event.preventDefault();
    onJoin({ microphone: state.isMicrophoneOn, camera: state.isCameraOn });
  }

  return (
    <section className="lobby">
      <div className="preview">
        <Preview stream={state.isCameraOn ? state.preview : null} />
        <div className="preview-controls">
          <ToggleButton
            icon="microphone"
            isOn={state.isMicrophoneOn}
            label={t(state.isMicrophoneOn ? 'mute' : 'unmute')}
            onPress={() => model.toggleMicrophone()}
            isDisabled={!state.hasMicrophone}
          />
          <ToggleButton
            icon="camera"
            isOn={state.isCameraOn}
            label={t(state.isCameraOn ? 'cameraOff' : 'cameraOn')}
            onPress={() => model.toggleCamera()}
            isDisabled={!state.hasCamera}
          />
        </div>
        <LevelMeter stream={state.isMicrophoneOn ? state.preview : null} label={t('level')} />
      </div>
      <form className="card" onSubmit={submit}>
        <h1>{heading}</h1>
        <p>{intro}</p>
        {children}
        <p role="alert" className="error">
          {error ?? (!state.hasMicrophone && !state.hasCamera ? t('error_noDevices') : '')}
        </p>
        <button type="submit" className="primary" disabled={isJoining}>
          {t(isJoining ? 'joining' : 'join')}
        </button>
        <button type="button" className="link" onClick={onBack}>
          {t('back')}
        </button>
      </form>
    </section>
  );
}

function Preview({ stream }: { stream: MediaStream | null }) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  if (!stream || stream.getVideoTracks().length === 0) return <div className="preview-off">{t('previewOff')}</div>;
  return <video ref={video} className="mirrored" aria-label={t('preview')} autoPlay muted playsInline />;
}
