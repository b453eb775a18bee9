import { expect, it } from 'vitest';
import { PacketPath } from '../../src/collector/packet-path.js';
import type { MirrorRules } from '../../src/collector/policy.js';
import { mirrorRules } from '../../src/collector/policy.js';
import { parseConfig } from '../../src/config/load.js';
import { REASSEMBLY_DEFAULTS } from '../../src/model/defaults.js';
import { batchOf } from '../demux/outer.js';
import { bytes, erspan2, ethernet, ipv4, udp } from '../support/frames.js';

const START = 1_700_000_000;

function rulesOf(text: string): MirrorRules {
  return mirrorRules(parseConfig(text, 'm.yaml'), {}, -1, []);
}

/** A tenant's frame, in VXLAN to a port, mirrored by a switch of a site. */
function packet(site: number, vni: number, port: number, n: number): Uint8Array {
  const frame = ethernet(0x0800, ipv4('10.1.0.1', '10.1.0.2', 17, udp(5000, 53, new Uint8Array(9))));
  const vxlan = bytes([8, 0, 0, 0, 0, 0, vni, 0], frame);
  const outer = ethernet(0x0800, ipv4('172.16.0.1', '172.16.0.2', 17, udp(49_152, port, vxlan)));
  return ipv4(`10.0.${site}.1`, '10.0.0.9', 47, erspan2(5, n, outer));
}

it('separation and overlay ports follow the configuration, also when it is reloaded', () => {
  const capture = new PacketPath(
    {
      collector: 'here',
      sessions: { capacity: 100 },
      reassembly: REASSEMBLY_DEFAULTS,
      rules: rulesOf(
        'mirrors: [{ name: irb, source: 10.0.1.0/24, separate_by: [] }]\noverlays: [vxlan:4799]',
      ),
    },
    { segment: () => true, minute: () => undefined },
  );
  let n = 0;
  const opened = (site: number, port: number): number => {
    const before = capture.snapshot().opened;
    for (const vni of [1, 2])
      capture.process(batchOf([{ bytes: packet(site, vni, port, n++), sec: START, nsec: n }]));
    return capture.snapshot().opened - before;
  };
  expect(opened(1, 4799)).toBe(1);
  expect(opened(2, 4799)).toBe(2);
  // On a port that is not configured it is a conversation of the tunnel's ends.
  expect(opened(2, 4800)).toBe(1);
  capture.setRules(rulesOf('overlays: [vxlan:4800]\nseparate_by: []'));
  expect(opened(3, 4800)).toBe(1);
  expect(opened(4, 4800)).toBe(1);
  expect(opened(4, 4799)).toBe(1);
  capture.setRules(rulesOf('mirrors: [{ name: all, separate_by: [vni] }]'));
  // Also for a mirror that was there before.
  expect(opened(4, 4789)).toBe(2);
});
