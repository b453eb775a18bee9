import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { answerTrial, TRIAL_MS, type TrialReceiver } from '../../src/collector/trials.js';
import { Listener } from '../../src/doctor/trial/listener.js';
import type { TrialBegun } from '../../src/model/trial.js';
import { askCollector, ControlServer, openReply } from '../../src/observe/control.js';
import { takeTrial } from '../../src/receive/trial.js';
import { emitTrial, TRIAL_LENGTH } from '../../src/wire/tunnel/trial.js';

/** The IPv4 packet that a raw socket would receive. */
function packet(token: Uint8Array): Uint8Array {
  const b = new Uint8Array(20 + TRIAL_LENGTH);
  b[0] = 0x45;
  emitTrial(b, 20, token);
  return b;
}

describe('a trial over the control socket', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-trials-'));
  const path = join(directory, 'control.sock');
  const receiver: TrialReceiver = { trial: undefined, trialPorts: [0, 4789] };
  let has: TrialReceiver | undefined = receiver;
  let server: ControlServer;

  beforeAll(async () => {
    server = await ControlServer.open(path, { trial: (_, answer) => answerTrial(has, 'ring', answer) });
  });
  beforeEach(() => {
    has = receiver;
  });
  afterAll(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const waits = (): Promise<void> => vi.waitFor(() => expect(receiver.trial).toBeDefined());
  const over = (): Promise<void> => vi.waitFor(() => expect(receiver.trial).toBeUndefined());

  it('waits for a token of 128 bits, and reports the packet with it once, and no other', async () => {
    const listener = (await Listener.open(path))!;
    expect(listener.token).toHaveLength(16);
    await waits();
    const b = packet(listener.token!);
    expect(takeTrial(receiver.trial!, packet(new Uint8Array(16)), 0, b.length)).toBe(false);
    expect(takeTrial(receiver.trial!, b, 0, b.length)).toBe(true);
    expect(takeTrial(receiver.trial!, b, 0, b.length)).toBe(true);
    expect([...(await listener.heard(['4']))]).toEqual(['4']);
    await over();
  });

  it('tells packets of UDP by their port and IP version', async () => {
    const listener = (await Listener.open(path))!;
    await waits();
    const b = new Uint8Array(48 + TRIAL_LENGTH);
    b[0] = 0x60;
    emitTrial(b, 48, listener.token!);
    expect(takeTrial(receiver.trial!, b, 0, b.length)).toBe(false);
    expect(takeTrial(receiver.trial!, b, 0, b.length, 4789)).toBe(true);
    // To a port that it does not have: told to nobody.
    expect(takeTrial(receiver.trial!, b, 0, b.length, 4790)).toBe(true);
    const gre = packet(listener.token!);
    expect(takeTrial(receiver.trial!, gre, 0, gre.length)).toBe(true);
    expect([...(await listener.heard(['4', '6:4789']))].sort()).toEqual(['4', '6:4789']);
    await over();
  });

  it('excludes another at the same time, and has a new token the next time', async () => {
    const first = (await Listener.open(path))!;
    await waits();
    await expect(Listener.open(path)).rejects.toThrow(
      /another `mirrorlake doctor`.*try again in a few seconds/,
    );
    first.close();
    await over();
    const second = (await Listener.open(path))!;
    expect(second.token).not.toEqual(first.token);
    second.close();
    await over();
  });

  it('is released when its time is up, and its answer ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const reply = await openReply(path, { command: 'trial' });
      expect(receiver.trial).toBeDefined();
      await vi.advanceTimersByTimeAsync(TRIAL_MS);
      expect(receiver.trial).toBeUndefined();
      for await (const _ of reply.body) expect.fail('it told of a packet that never came');
    } finally {
      vi.useRealTimers();
    }
  });

  it('does not begin with a ring receiver', async () => {
    has = undefined;
    expect((await askCollector(path, { command: 'trial' })) as TrialBegun).toEqual({ receiver: 'ring' });
    const listener = (await Listener.open(path))!;
    expect(listener).toMatchObject({ receiver: 'ring', token: undefined });
    listener.close();
  });

  it('does not begin without a collector', async () => {
    expect(await Listener.open(join(directory, 'none.sock'))).toBeUndefined();
  });
});
