import type { Device, ParleyApi } from '../api/parley';
import { attempt, untried, type Attempted } from './attempt';
import { Store } from './store';

export interface DevicesState extends Attempted {
  devices: readonly Device[];
}

/** The first that a user agent names is meant: Edge also says Chrome, Chrome also says Safari. */
const browsers: readonly [RegExp, string][] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/Chrome\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const systems: readonly [RegExp, string][] = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b|\biPad\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

/** By what a person knows a device: the name it was given, else browser and system. Empty when nothing is known. */
export function describeDevice({ deviceName, userAgent }: Device): string {
  if (deviceName) return deviceName;
  const find = (names: readonly [RegExp, string][]): string => names.find(([pattern]) => pattern.test(userAgent))?.[1] ?? '';
  return [find(browsers), find(systems)].filter(Boolean).join(', ') || userAgent.slice(0, 60);
}

/** Where a person is signed in. */
export class DevicesModel {
  readonly state = new Store<DevicesState>({ ...untried, devices: [] });

  constructor(private readonly api: ParleyApi) {}

  load(): Promise<boolean> {
    return attempt(this.state, () => this.fetch());
  }

  revoke(id: string): Promise<boolean> {
    return attempt(this.state, async () => {
      await this.api.revokeDevice(id);
      await this.fetch();
    });
  }

  private async fetch(): Promise<void> {
    this.state.update({ devices: (await this.api.devices()).items });
  }
}
