import { describe, expect, it } from 'vitest';
import { InputHints, inputStatus, unlistedStatus } from '../../src/collector/input-counts.js';
import type { PathSnapshot } from '../../src/collector/packet-path.js';
import type { Unlisted } from '../../src/demux/unlisted-mirrors.js';
import { SAMPLE } from '../../src/linux/input-filter.js';
import type { Inputs } from '../../src/model/inputs.js';

const INPUTS: Inputs = {
  gre: true,
  udp: [
    { kind: 'vxlan', port: 4789 },
    { kind: 'vxlan', port: 8472 },
  ],
  span: [],
};

function snapshot(inputs: number[], unlisted: Unlisted[] = [], gatewayLoadBalancer = 0): PathSnapshot {
  return { inputs, unlisted, gatewayLoadBalancer } as unknown as PathSnapshot;
}

const geneve = (packets: number): Unlisted => ({ kind: 'geneve', port: 6081, packets });

describe('the counts of inputs', () => {
  it('are those of all packet paths, and 0 for one that has not reported', () => {
    const paths = [snapshot([1, 2, 3]), snapshot([10, 20, 30]), snapshot([])];
    expect(inputStatus(INPUTS, paths)).toEqual([
      { input: 'gre', packets: 11 },
      { input: 'vxlan:4789', packets: 22 },
      { input: 'vxlan:8472', packets: 33 },
    ]);
    expect(inputStatus({ ...INPUTS, gre: false }, paths)).toHaveLength(2);
  });

  it('of what is not listed are estimates where it is sampled', () => {
    const paths = [
      snapshot([], [geneve(2)]),
      snapshot([], [geneve(3), { kind: 'gre', port: 0, packets: 1 }]),
    ];
    expect(unlistedStatus(paths, true)).toEqual([
      { input: 'geneve:6081', packets: 5 * SAMPLE },
      { input: 'gre', packets: SAMPLE },
    ]);
    expect(unlistedStatus(paths, false)[0].packets).toBe(5);
  });
});

describe('hints', () => {
  it('come once for each kind, and say what to list', () => {
    const said: string[] = [];
    const hints = new InputHints(INPUTS, (message) => said.push(message));
    hints.look([snapshot([]), snapshot([], [geneve(1)])]);
    hints.look([snapshot([], [geneve(5)]), snapshot([], [geneve(9)])]);
    expect(said).toEqual([
      'GENEVE arrives on 6081: if it is a mirror, add it to inputs ' +
        '(inputs: [gre, vxlan, vxlan:8472, geneve])',
    ]);
    hints.look([snapshot([], [{ kind: 'gre-dtls', port: 4755, packets: 1 }])]);
    expect(said[1]).toBe('GRE in DTLS arrives on 4755: it is encrypted, and cannot be read');
  });

  it('warn once of a load balancer that waits for its packets', () => {
    const said: string[] = [];
    const hints = new InputHints(INPUTS, (message) => said.push(message));
    for (let i = 0; i < 3; i++) hints.look([snapshot([], [], i)]);
    expect(said).toEqual([expect.stringMatching(/^GENEVE of an AWS Gateway Load Balancer arrives/)]);
  });
});
