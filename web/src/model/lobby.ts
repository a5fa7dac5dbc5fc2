import { Store } from './store';

export interface LobbyState {
  preview: MediaStream | null;
  isMicrophoneOn: boolean;
  isCameraOn: boolean;
  hasMicrophone: boolean;
  hasCamera: boolean;
}

export type OpenDevices = (constraints: MediaStreamConstraints) => Promise<MediaStream>;

/** The moment before a call: the camera's picture and the microphone's level, and which of them to take along. */
export class LobbyModel {
  readonly state = new Store<LobbyState>({
    preview: null,
    isMicrophoneOn: true,
    isCameraOn: true,
    hasMicrophone: true,
    hasCamera: true,
  });
  private isClosed = false;

  constructor(private readonly openDevices: OpenDevices) {}

  /** Asks for both devices, then for each alone, so that one missing does not cost the other. */
  async open(): Promise<void> {
    const both = await this.tryOpen({ audio: true, video: true });
    const stream = both ?? (await this.tryOpen({ audio: true })) ?? (await this.tryOpen({ video: true }));
    if (this.isClosed) {
      stream?.getTracks().forEach((track) => track.stop());
      return;
    }
    const hasMicrophone = (stream?.getAudioTracks().length ?? 0) > 0;
    const hasCamera = (stream?.getVideoTracks().length ?? 0) > 0;
    this.state.update({
      preview: stream,
      hasMicrophone,
      hasCamera,
      isMicrophoneOn: hasMicrophone,
      isCameraOn: hasCamera,
    });
  }

  close(): void {
    this.isClosed = true;
    this.state.get().preview?.getTracks().forEach((track) => track.stop());
    this.state.update({ preview: null });
  }

  toggleMicrophone(): void {
    const { isMicrophoneOn, hasMicrophone } = this.state.get();
    if (hasMicrophone) this.state.update({ isMicrophoneOn: !isMicrophoneOn });
  }

  toggleCamera(): void {
    const { isCameraOn, hasCamera } = this.state.get();
    if (hasCamera) this.state.update({ isCameraOn: !isCameraOn });
  }

  private tryOpen(constraints: MediaStreamConstraints): Promise<MediaStream | null> {
    return this.openDevices(constraints).catch(() => null);
  }
}
