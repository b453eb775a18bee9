import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { receiverKind } from '../../src/config/receiver-kind.js';

const kindOf = (text: string): string => receiverKind(parseConfig(text, 'm.yaml'));

describe('the receiver', () => {
  it.each([
    ['', 'raw'],
    ['interfaces: [eth0]', 'ring'],
    ['inputs: [{ span: eth1 }]', 'ring'],
    ['inputs: [{ span: eth1 }]\nworkers: 4', 'ring'],
    ['inputs: [{ span: eth1 }, { span: eth2 }, gre]\ninterfaces: [eth0]', 'ring'],
    ['receiver: xdp\ninterfaces: [eth0]\nworkers: 2', 'ring'],
    ['inputs: [{ span: eth1 }]\nmirrors: [{ name: a, span: eth1 }]', 'ring'],
  ])('of %j is %s', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  it.each([
    ['receiver: raw\ninputs: [{ span: eth1 }]', /a SPAN port is read by a ring: leave out `receiver: raw`/],
    ['inputs: [gre, { span: eth1 }]', /beside a SPAN port.*name the interfaces.*with --interface/],
    ['inputs: [gre, { span: eth1 }]\ninterfaces: [eth1]', /eth1 is a SPAN port.*leave it out of one of them/],
    ['inputs: [{ span: eth1 }]\ninterfaces: [eth0]', /nothing is received on eth0: add gre/],
    ['receiver: ring', /the ring receiver reads interfaces/],
    ['receiver: xdp', /the xdp receiver reads interfaces/],
    ['receiver: xdp\ninputs: [{ span: eth1 }]', /a SPAN port is read by a ring: leave out `receiver: xdp`/],
    [
      'inputs: [{ span: eth1 }]\nmirrors: [{ name: a, span: eth1 }, { name: b, span: eth2 }]',
      /^mirrors\.1\.span: eth2 is not read as a SPAN port: add \{ span: eth2 \} to inputs, or/,
    ],
    ['mirrors: [{ name: a, span: eth1 }]', /^mirrors\.0\.span: eth1 is not read as a SPAN port/],
    ['workers: 2', /the raw receiver has one worker/],
  ])('of %j is refused', (text, message) => {
    expect(() => kindOf(text)).toThrow(message);
  });
});
