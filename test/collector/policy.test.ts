import { expect, it } from 'vitest';
import { type MirrorRules, ruleFor } from '../../src/collector/policy.js';
import { KEEP_ALL } from '../../src/model/kept-words.js';
import { MirrorType } from '../../src/model/mirror-point.js';

const point = {
  type: MirrorType.Erspan2,
  source: new Uint8Array(16),
  target: new Uint8Array(16),
  session: 1,
  key: null,
};

function rules(unknown: 'observe' | 'refuse'): MirrorRules {
  return {
    unknown,
    unknownPoints: 10,
    mirrors: [],
    packets: { bytes: 0, packets: 0 },
    taps: {},
    tapAll: 7,
    separateBy: ['vni'],
    applications: KEEP_ALL,
    groups: new Map(),
    overlays: [],
    claims: [],
  };
}

it('an unknown mirror goes to the TAP device for all mirrors, unless unknown mirrors are refused', () => {
  expect(ruleFor(point, rules('observe'))).toMatchObject({ policy: 'observe', tap: 7 });
  expect(ruleFor(point, rules('refuse'))).toMatchObject({ policy: 'refuse', tap: -1 });
});
