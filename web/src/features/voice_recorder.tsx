import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { clockText, fileProblemKey } from '../model/media';
import type { RecorderModel } from '../model/recorder';

/** In the composer's place while a voice message is recorded and sent. */
export function VoiceRecorder({ model }: { model: RecorderModel }) {
  const { t } = useTranslation();
  const { phase, seconds, problem } = useSyncExternalStore(model.state.subscribe, model.state.get);
  const why = !problem ? 'error_microphone' : problem.status > 0 ? fileProblemKey(problem.code) : 'error_unavailable';
  return (
    <div className="recorder" role="group" aria-label={t('voiceMessage')}>
      {phase === 'failed' ? (
        <p role="alert" className="error">
          {t(why)}
        </p>
      ) : (
        <>
          <p role="status">
            <span className="recording-dot" aria-hidden="true" /> {t(phase === 'sending' ? 'messageSending' : phase === 'starting' ? 'connecting' : 'recording')}
          </p>
          <span className="clock">{clockText(seconds)}</span>
        </>
      )}
      <button type="button" className="secondary" onClick={() => model.cancel()}>
        {t('discard')}
      </button>
      {phase === 'failed' && problem && (
        <button type="button" className="primary" onClick={() => void model.retry()}>
          {t('uploadAgain')}
        </button>
      )}
      {phase === 'recording' && (
        <button type="button" className="primary" autoFocus onClick={() => void model.send()}>
          {t('sendVoice')}
        </button>
      )}
    </div>
  );
}
