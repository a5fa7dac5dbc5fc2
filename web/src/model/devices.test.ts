import { describe, expect, it } from 'vitest';
import { ApiClient } from '../api/client';
import { FakeServer, json, problem } from '../api/fake_server';
import { ParleyApi, type Device } from '../api/parley';
import { describeDevice, DevicesModel } from './devices';

const sessions = '/api/v1/users/me/sessions';
const device = (id: string, userAgent = '', deviceName = ''): Device => ({
  id,
  userAgent,
  deviceName,
  ip: '127.0.0.1',
  lastUsedAt: '2026-11-20T17:00:00Z',
  isCurrent: id === 'here',
});

describe('describeDevice', () => {
  it.each([
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36', 'Chrome, Windows'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0', 'Edge, Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox, Linux'],
    ['Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36', 'Chrome, Android'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1', 'Safari, iOS'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15', 'Safari, macOS'],
    ['parley-bot/1', 'parley-bot/1'],
    ['', ''],
  ])('knows %s', (userAgent, name) => expect(describeDevice(device('d', userAgent))).toBe(name));

  it('prefers the name that it was given', () => expect(describeDevice(device('d', 'Firefox/140', 'Kitchen'))).toBe('Kitchen'));
});

describe('DevicesModel', () => {
  it('signs out another device and shows those that are left', async () => {
    let items = [device('here'), device('there')];
    const server = new FakeServer()
      .on(`GET ${sessions}`, () => json(200, { items }))
      .on(`DELETE ${sessions}/there`, () => {
        items = items.slice(0, 1);
        return new Response(null, { status: 204 });
      });
    const model = new DevicesModel(new ParleyApi(new ApiClient(server.fetch, () => 'en')));
    await model.load();
    expect(model.state.get().devices.map(({ id }) => id)).toEqual(['here', 'there']);
    await model.revoke('there');
    expect(model.state.get().devices.map(({ id }) => id)).toEqual(['here']);
  });

  it('keeps the list when a device could not be signed out', async () => {
    const server = new FakeServer()
      .on(`GET ${sessions}`, () => json(200, { items: [device('there')] }))
      .on(`DELETE ${sessions}/there`, () => problem(503, 'overloaded', 'Busy'));
    const model = new DevicesModel(new ParleyApi(new ApiClient(server.fetch, () => 'en')));
    await model.load();
    await model.revoke('there');
    expect(model.state.get()).toMatchObject({ devices: [{ id: 'there' }], problem: { title: 'Busy' }, isBusy: false });
  });
});
