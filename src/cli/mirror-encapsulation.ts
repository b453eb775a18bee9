/** The encapsulation that the options of `mirrorlake mirror` ask for. */
import {
  type Encapsulation,
  GreEncapsulation,
  type GreEncapsulationOptions,
} from '../mirror-source/encapsulation.js';
import {
  GeneveEncapsulation,
  TzspEncapsulation,
  UdpEncapsulation,
  VxlanEncapsulation,
} from '../mirror-source/udp-encapsulation.js';
import { GRANULARITIES, GRE_TYPES, type MirrorArguments, type UdpType, udpPort } from './mirror-options.js';

/** Makes an encapsulation for one target. */
export function encapsulation(given: MirrorArguments): Encapsulation {
  const port = udpPort(given);
  return port === undefined ? gre(given.type, given) : new UdpEncapsulation(port, insideUdp(given));
}

function insideUdp(given: MirrorArguments): Encapsulation {
  switch (given.type as UdpType) {
    case 'vxlan':
      return new VxlanEncapsulation(given.vni);
    case 'geneve':
      return new GeneveEncapsulation(given.vni);
    case 'gre-udp':
      return gre(given.inside, given);
    case 'tzsp':
      return new TzspEncapsulation();
  }
}

function gre(type: string, given: MirrorArguments): Encapsulation {
  return new GreEncapsulation({
    type: GRE_TYPES.get(type) as GreEncapsulationOptions['type'],
    session: given.session,
    index: given.index,
    hardware: given.hardware,
    securityGroup: given.sgt,
    granularity: GRANULARITIES[given.granularity],
    key: given.key,
    sequence: given.sequence === true,
    checksum: given.checksum === true,
  });
}
