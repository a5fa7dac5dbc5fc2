import type { Recording, VoiceInput } from './recorder';

/** In this order: what an engine records of these, every server form is made from. */
const types = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4'];

/** The browser's microphone. */
export const browserVoiceInput: VoiceInput = {
  async record(): Promise<Recording> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const release = (): void => stream.getTracks().forEach((track) => track.stop());
    const mimeType = types.find((type) => MediaRecorder.isTypeSupported(type));
    const recorder = new MediaRecorder(stream, { ...(mimeType && { mimeType }), audioBitsPerSecond: 48_000 });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.start();
    return {
      finish: () =>
        new Promise((resolve) => {
          recorder.onstop = () => {
            release();
            resolve(new Blob(parts, { type: recorder.mimeType }));
          };
          recorder.stop();
        }),
      discard: () => {
        recorder.stop();
        release();
      },
    };
  },
};
