import { describe, expect, it } from 'vitest';
import { LobbyModel } from './lobby';

class FakeTrack {
  isStopped = false;
  stop(): void {
    this.isStopped = true;
  }
}

function fakeStream(audio: FakeTrack[], video: FakeTrack[]): MediaStream {
  const parts = { getAudioTracks: () => audio, getVideoTracks: () => video, getTracks: () => [...audio, ...video] };
  return parts as unknown as MediaStream;
}

describe('LobbyModel', () => {
  it('falls back to the microphone alone when the camera cannot be opened', async () => {
    const model = new LobbyModel((constraints) =>
      constraints.video ? Promise.reject(new Error('no camera')) : Promise.resolve(fakeStream([new FakeTrack()], [])),
    );
    await model.open();
    expect(model.state.get()).toMatchObject({ hasMicrophone: true, hasCamera: false, isCameraOn: false });
  });

  it('lets a person without devices in', async () => {
    const model = new LobbyModel(() => Promise.reject(new Error('denied')));
    await model.open();
    expect(model.state.get()).toMatchObject({ hasMicrophone: false, hasCamera: false, preview: null });
  });

  it('stops devices that were opened after the lobby closed', async () => {
    const track = new FakeTrack();
    const model = new LobbyModel(() => Promise.resolve(fakeStream([], [track])));
    const opening = model.open();
    model.close();
    await opening;
    expect(track.isStopped).toBe(true);
  });

  it('cannot switch on a device that is not there', async () => {
    const model = new LobbyModel(() => Promise.reject(new Error('denied')));
    await model.open();
    model.toggleCamera();
    expect(model.state.get().isCameraOn).toBe(false);
  });
});
