import type { LocalParticipant, Participant, Room, Track } from 'livekit-client';
import { ConnectionState, RoomEvent, Track as TrackEnum } from 'livekit-client';
import type { VoiceMove } from '../api/parley';
import { Store } from './store';

export type CallPhase = 'connecting' | 'connected' | 'reconnecting' | 'ended';
export type EndReason = 'left' | 'failed' | 'elsewhere' | 'removed' | 'closed';

/** One picture: a person's camera, or the screen they share. */
export interface Tile {
  key: string;
  name: string;
  isLocal: boolean;
  isScreen: boolean;
  isMuted: boolean;
  isSpeaking: boolean;
  video: Track | null;
}

export interface CallState {
  phase: CallPhase;
  endReason: EndReason | null;
  tiles: readonly Tile[];
  audio: readonly Track[];
  isMicrophoneOn: boolean;
  isCameraOn: boolean;
  isSharing: boolean;
  canPlayAudio: boolean;
  deviceError: 'microphone' | 'camera' | 'screen' | null;
}

const initialState: CallState = {
  phase: 'connecting',
  endReason: null,
  tiles: [],
  audio: [],
  isMicrophoneOn: false,
  isCameraOn: false,
  isSharing: false,
  canPlayAudio: true,
  deviceError: null,
};

/** LiveKit's DisconnectReason numbers that deserve words of their own. */
const endReasons: Record<number, EndReason> = { 1: 'left', 2: 'elsewhere', 4: 'removed', 5: 'closed', 10: 'closed' };

function activeVideo(participant: Participant, source: TrackEnum.Source): Track | null {
  const publication = participant.getTrackPublication(source);
  return publication?.track && !publication.isMuted ? publication.track : null;
}

/** The tiles of one person: the camera always, the screen while it is shared. */
export function tilesOf(participant: Participant, isLocal: boolean): Tile[] {
  const name = participant.name || participant.identity;
  const camera: Tile = {
    key: `${participant.sid}:camera`,
    name,
    isLocal,
    isScreen: false,
    isMuted: !participant.isMicrophoneEnabled,
    isSpeaking: participant.isSpeaking,
    video: activeVideo(participant, TrackEnum.Source.Camera),
  };
  const screen = activeVideo(participant, TrackEnum.Source.ScreenShare);
  if (!screen) return [camera];
  return [{ ...camera, key: `${participant.sid}:screen`, isScreen: true, isSpeaking: false, video: screen }, camera];
}

function audioOf(participant: Participant): Track[] {
  const sources = [TrackEnum.Source.Microphone, TrackEnum.Source.ScreenShareAudio];
  return sources.flatMap((source) => participant.getTrackPublication(source)?.track ?? []);
}

/** The server's own messages; those of other participants have a sender. */
const moveTopic = 'parley.move';

/** One call as a person sees it, over a LiveKit room that is handed in. */
export class CallModel {
  readonly state = new Store<CallState>(initialState);

  /** `onMove` is called when a moderator sends the person to another channel. */
  constructor(
    private readonly room: Room,
    onMove: (move: VoiceMove, devices: { microphone: boolean; camera: boolean }) => void,
  ) {
    room.on(RoomEvent.DataReceived, (payload, sender, _kind, topic) => {
      if (sender || topic !== moveTopic) return;
      const { isMicrophoneOn, isCameraOn } = this.state.get();
      onMove(JSON.parse(new TextDecoder().decode(payload)) as VoiceMove, { microphone: isMicrophoneOn, camera: isCameraOn });
    });
    const refresh = (): void => this.refresh();
    for (const event of [
      RoomEvent.ParticipantConnected,
      RoomEvent.ParticipantDisconnected,
      RoomEvent.ParticipantNameChanged,
      RoomEvent.TrackSubscribed,
      RoomEvent.TrackUnsubscribed,
      RoomEvent.TrackMuted,
      RoomEvent.TrackUnmuted,
      RoomEvent.LocalTrackPublished,
      RoomEvent.LocalTrackUnpublished,
      RoomEvent.ActiveSpeakersChanged,
      RoomEvent.ConnectionStateChanged,
      RoomEvent.AudioPlaybackStatusChanged,
    ] as const) {
      room.on(event, refresh);
    }
    room.on(RoomEvent.Disconnected, (reason) => {
      this.state.update({ phase: 'ended', endReason: endReasons[reason ?? 0] ?? 'failed' });
    });
  }

  async join(url: string, token: string, devices: { microphone: boolean; camera: boolean }): Promise<void> {
    try {
      await this.room.connect(url, token);
    } catch {
      this.state.update({ phase: 'ended', endReason: 'failed' });
      return;
    }
    this.refresh();
    if (devices.microphone) await this.setMicrophone(true);
    if (devices.camera) await this.setCamera(true);
  }

  leave(): Promise<void> {
    return this.room.disconnect();
  }

  setMicrophone(on: boolean): Promise<void> {
    return this.change('microphone', (me) => me.setMicrophoneEnabled(on));
  }

  setCamera(on: boolean): Promise<void> {
    return this.change('camera', (me) => me.setCameraEnabled(on));
  }

  setSharing(on: boolean): Promise<void> {
    return this.change('screen', (me) => me.setScreenShareEnabled(on, { audio: true }));
  }

  startAudio(): Promise<void> {
    return this.room.startAudio();
  }

  private async change(
    device: 'microphone' | 'camera' | 'screen',
    apply: (me: LocalParticipant) => Promise<unknown>,
  ): Promise<void> {
    try {
      await apply(this.room.localParticipant);
      this.state.update({ deviceError: null });
    } catch (error) {
      // Closing the picker of a screen share is a choice, not a fault.
      const isCancelled = error instanceof DOMException && error.name === 'NotAllowedError' && device === 'screen';
      this.state.update({ deviceError: isCancelled ? null : device });
    }
    this.refresh();
  }

  private refresh(): void {
    const { room } = this;
    if (this.state.get().phase === 'ended') return;
    const phases: Partial<Record<ConnectionState, CallPhase>> = {
      [ConnectionState.Connected]: 'connected',
      [ConnectionState.Reconnecting]: 'reconnecting',
      [ConnectionState.SignalReconnecting]: 'reconnecting',
    };
    const remote = [...room.remoteParticipants.values()];
    const me = room.localParticipant;
    this.state.update({
      phase: phases[room.state] ?? 'connecting',
      tiles: [...remote.flatMap((p) => tilesOf(p, false)), ...tilesOf(me, true)],
      audio: remote.flatMap(audioOf),
      isMicrophoneOn: me.isMicrophoneEnabled,
      isCameraOn: me.isCameraEnabled,
      isSharing: me.isScreenShareEnabled,
      canPlayAudio: room.canPlaybackAudio,
    });
  }
}
