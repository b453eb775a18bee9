import { expect, it } from 'vitest';
import { emitTrial, isTrial, TRIAL_LENGTH, TRIAL_TOKEN_LENGTH } from '../../src/wire/tunnel/trial.js';

const token = Uint8Array.from({ length: TRIAL_TOKEN_LENGTH }, (_, i) => 7 * i + 1);

it('a trial packet is recognised by its token, type and length, and only by all of them', () => {
  const b = new Uint8Array(3 + TRIAL_LENGTH + 1);
  const end = 3 + emitTrial(b, 3, token);
  expect([...b.subarray(3, 7)]).toEqual([0, 0, 0x88, 0xb5]);
  expect(isTrial(b, 3, end, token)).toBe(true);
  expect(isTrial(b, 3, end + 1, token)).toBe(false);
  expect(isTrial(b, 3, end - 1, token)).toBe(false);
  for (let i = 3; i < end; i++) {
    b[i] ^= 1;
    expect(isTrial(b, 3, end, token), `byte ${i}`).toBe(false);
    b[i] ^= 1;
  }
});
