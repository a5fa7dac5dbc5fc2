import type { Track } from 'livekit-client';
import { useEffect, useRef } from 'react';

/** Plays one remote audio track. */
export function AudioSink({ track }: { track: Track }) {
  const element = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = element.current;
    if (!audio) return;
    track.attach(audio);
    return () => void track.detach(audio);
  }, [track]);
  return <audio ref={element} />;
}
