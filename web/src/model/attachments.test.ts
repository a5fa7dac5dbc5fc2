import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import { AttachmentsModel } from './attachments';
import { FakeUploader } from './fake_uploader';

const file = (name: string): File => new File(['x'], name);
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('AttachmentsModel', () => {
  let uploader: FakeUploader;
  let model: AttachmentsModel;
  const states = (): string[] => model.state.get().items.map(({ name, state }) => `${name} ${state}`);

  beforeEach(() => {
    uploader = new FakeUploader();
    model = new AttachmentsModel(uploader);
  });

  it('sends one file after the other and says how far each is', async () => {
    model.add([file('a'), file('b')]);
    uploader.of('a').options.onProgress(0.5);
    expect(model.state.get().items.map(({ progress }) => progress)).toEqual([0.5, 0]);
    expect(uploader.of('b').runs).toBe(0);
    uploader.of('a').arrive('f1');
    await settle();
    expect(states()).toEqual(['a done', 'b uploading']);
    expect(uploader.of('b').runs).toBe(1);
  });

  it('gives what has arrived to one message', async () => {
    model.add([file('a')]);
    expect(model.isComplete()).toBe(false);
    uploader.of('a').arrive('f1');
    await settle();
    expect(model.isComplete()).toBe(true);
    expect(model.take()).toEqual([{ id: 'f1', name: 'a' }]);
    expect(model.take()).toEqual([]);
  });

  it('says why one failed, goes on with the next, and tries again when the person wants', async () => {
    model.add([file('a'), file('b')]);
    uploader.of('a').fail(new Problem('quota_exceeded', 413, ''));
    await settle();
    expect(states()).toEqual(['a failed', 'b uploading']);
    expect(model.state.get().items[0]?.problem?.code).toBe('quota_exceeded');
    uploader.of('b').arrive('f2');
    await settle();
    model.retry(1);
    uploader.of('a').arrive('f1');
    await settle();
    expect(states()).toEqual(['a done', 'b done']);
  });

  it('stops what is cancelled and goes on with the next', async () => {
    model.add([file('a'), file('b')]);
    model.cancel(1);
    await settle();
    expect(uploader.of('a').isCancelled).toBe(true);
    expect(states()).toEqual(['b uploading']);
    expect(uploader.of('b').runs).toBe(1);
  });

  it('takes ten files and says that it took no more', () => {
    model.add(Array.from({ length: 8 }, (_, i) => file(`f${i}`)));
    expect(model.state.get().isTooMany).toBe(false);
    model.add([file('a'), file('b'), file('c')]);
    expect(model.state.get().items).toHaveLength(10);
    expect(model.state.get().isTooMany).toBe(true);
  });
});
