import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import { FakeClock } from './fake_time';
import { FakeUploader, FakeVoiceInput } from './fake_uploader';
import { longestSeconds, RecorderModel } from './recorder';

describe('RecorderModel', () => {
  let clock: FakeClock;
  let input: FakeVoiceInput;
  let uploader: FakeUploader;
  let model: RecorderModel;
  let sent: string[];
  const phase = (): string => model.state.get().phase;

  beforeEach(() => {
    clock = new FakeClock();
    input = new FakeVoiceInput();
    uploader = new FakeUploader();
    sent = [];
    model = new RecorderModel(input, uploader, clock, ({ id }) => sent.push(id));
  });

  it('counts the seconds, and sends what was said as a voice message', async () => {
    await model.start();
    await clock.advance(3_000);
    expect(model.state.get()).toMatchObject({ phase: 'recording', seconds: 3 });
    void model.send();
    await clock.advance(0);
    expect(uploader.of('voice.webm').options.isVoice).toBe(true);
    uploader.of('voice.webm').arrive('f1');
    await clock.advance(0);
    expect(sent).toEqual(['f1']);
    expect(phase()).toBe('idle');
  });

  it('throws a recording away when the person wants', async () => {
    await model.start();
    model.cancel();
    expect(input.discarded).toBe(1);
    expect(phase()).toBe('idle');
    expect(clock.waiting).toBe(0);
  });

  it('releases a microphone that comes after the person gave up', async () => {
    const starting = model.start();
    model.cancel();
    await starting;
    expect(input.discarded).toBe(1);
    expect(phase()).toBe('idle');
  });

  it('records nobody who looks at something else, and still sends what was said', async () => {
    await model.start();
    model.leave();
    expect(input.discarded).toBe(1);
    await model.start();
    void model.send();
    model.leave();
    await clock.advance(0);
    uploader.of('voice.webm').arrive('f1');
    await clock.advance(0);
    expect(sent).toEqual(['f1']);
  });

  it('says that there is no microphone', async () => {
    input.isAllowed = false;
    await model.start();
    expect(model.state.get()).toMatchObject({ phase: 'failed', problem: null });
  });

  it('keeps what could not be sent and sends it when the person wants', async () => {
    await model.start();
    void model.send();
    await clock.advance(0);
    uploader.of('voice.webm').fail(new Problem('quota_exceeded', 413, ''));
    await clock.advance(0);
    expect(model.state.get().problem?.code).toBe('quota_exceeded');
    void model.retry();
    uploader.of('voice.webm').arrive('f1');
    await clock.advance(0);
    expect(sent).toEqual(['f1']);
  });

  it('sends nothing of an upload that was cancelled', async () => {
    await model.start();
    void model.send();
    await clock.advance(0);
    model.cancel();
    uploader.of('voice.webm').arrive('f1');
    await clock.advance(0);
    expect(sent).toEqual([]);
    expect(uploader.of('voice.webm').isCancelled).toBe(true);
  });

  it('ends by itself at the longest that it records', async () => {
    await model.start();
    await clock.advance(longestSeconds * 1_000);
    expect(phase()).toBe('sending');
  });
});
