import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { contentPath, type FileView } from '../api/files';
import { clockText, playableRole, waveformBars } from '../model/media';
import { ToggleButton } from './toggle_button';

/** As many bars as fit beside the button on a phone. */
const mostBars = 48;
const canPlay = (type: string): boolean => document.createElement('audio').canPlayType(type) !== '';

interface Props {
  file: FileView;
  /** The person begins to listen. */
  onPlay: () => void;
}

/** A voice message: a button, the shape of the sound, and how long it takes. */
export function VoicePlayer({ file, onPlay }: Props) {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [seconds, setSeconds] = useState(0);
  const [hasFailed, setFailed] = useState(false);
  const length = (file.durationMs ?? 0) / 1000;
  const bars = waveformBars(file.waveform ?? '', mostBars);

  function toggle(): void {
    const player = audio.current;
    if (!player) return;
    if (isPlaying) return player.pause();
    setFailed(false);
    player.play().catch((error: DOMException) => setFailed(error.name !== 'AbortError'));
  }

  function start(): void {
    setPlaying(true);
    onPlay();
  }

  return (
    <div className="voice" role="group" aria-label={t('voiceMessage')}>
      <ToggleButton icon={isPlaying ? 'pause' : 'play'} label={t(isPlaying ? 'pauseVoice' : 'playVoice')} onPress={toggle} />
      <div className="voice-body">
        <svg className="waveform" viewBox={`0 0 ${mostBars * 4} 32`} preserveAspectRatio="none" aria-hidden="true">
          {bars.map((height, i) => {
            const tall = Math.max(2, height * 32);
            const isHeard = length > 0 && i / bars.length < seconds / length;
            return <rect key={i} className={isHeard ? 'heard' : undefined} x={i * 4} y={16 - tall / 2} width={2.5} height={tall} rx={1.2} />;
          })}
        </svg>
        <input
          type="range"
          aria-label={t('voicePosition')}
          aria-valuetext={clockText(seconds)}
          min={0}
          max={length}
          step={0.1}
          value={Math.min(seconds, length)}
          onChange={(e) => {
            if (audio.current) audio.current.currentTime = Number(e.target.value);
          }}
        />
      </div>
      <span className="clock">{clockText(isPlaying || seconds > 0 ? seconds : length)}</span>
      {hasFailed && <span role="alert" className="failed">{t('voiceUnplayable')}</span>}
      <audio
        ref={audio}
        preload="metadata"
        src={contentPath(file.id, playableRole(file, canPlay))}
        onPlay={start}
        onPause={() => setPlaying(false)}
        onEnded={() => setSeconds(0)}
        onTimeUpdate={(e) => setSeconds(e.currentTarget.ended ? 0 : e.currentTarget.currentTime)}
      />
    </div>
  );
}
