/** Whether a packet holds a mirror, as {@link Demux} finds it, without decoding what is mirrored. */
import type { Inputs } from '../model/inputs.js';
import { OuterPacket } from '../model/outer-packet.js';
import { u16 } from '../wire/bytes.js';
import { IpProtocol } from '../wire/ip/ip-protocol.js';
import { UDP_LENGTH } from '../wire/transport/udp.js';
import type { LinkReader } from './link.js';
import { OUTER_FRAGMENT, OuterFragment, parseOuter } from './outer.js';
import type { UnlistedMirrors } from './unlisted-mirrors.js';

/** The deepest IP-in-IP around GRE that is decoded. */
export const MAX_IP_IN_IP = 4;
const UDP_DESTINATION_PORT = 2;

export class MirrorProbe {
  private readonly packet = new OuterPacket();
  private readonly fragment = new OuterFragment();

  /**
   * @param lengthsLost whether packets that look whole may have been cut
   * @param unlisted counts what looks like a mirror of an input that is not listed
   */
  constructor(
    private readonly link: LinkReader,
    private readonly lengthsLost: boolean,
    private inputs: Inputs,
    private readonly unlisted?: UnlistedMirrors,
  ) {}

  /** Changes what carries mirrored traffic. */
  setInputs(inputs: Inputs): void {
    this.inputs = inputs;
  }

  /**
   * Whether a packet captured with a link type, from `o` up to `end`, holds an input behind its outer IP
   * header, also in IP in IP: GRE, also a fragment of it, or UDP to a listed port, also the first fragment.
   *
   * @param wireEnd where it ended on the wire
   */
  holds(b: Uint8Array, o: number, end: number, wireEnd: number, linkType: number): boolean {
    const ip = this.link.find(b, o, end, wireEnd, linkType);
    if (ip < 0) return false;
    const { packet, fragment } = this;
    const lost = this.lengthsLost && end === wireEnd;
    let protocol = parseOuter(b, ip, end, wireEnd, packet, fragment, lost);
    if (protocol === OUTER_FRAGMENT) {
      const isUdp = fragment.protocol === IpProtocol.Udp && fragment.offset === 0;
      return isUdp
        ? this.isListed(fragment.payload)
        : this.inputs.gre && fragment.protocol === IpProtocol.Gre;
    }
    for (let n = 0; n < MAX_IP_IN_IP && isIp(protocol); n++)
      protocol = parseOuter(b, packet.gre, packet.end, packet.wireEnd, packet, fragment);
    if (protocol === IpProtocol.Udp) {
      if (this.isListed(packet.gre)) return true;
      this.unlisted?.datagram(packet);
      return false;
    }
    return this.inputs.gre && protocol === IpProtocol.Gre;
  }

  /** Whether the UDP header at `o` has the destination port of an input. */
  private isListed(o: number): boolean {
    const { packet, inputs } = this;
    if (inputs.udp.length === 0 || o + UDP_LENGTH > packet.end) return false;
    const destination = u16(packet.bytes, o + UDP_DESTINATION_PORT);
    return inputs.udp.some(({ port }) => port === destination);
  }
}

function isIp(protocol: number): boolean {
  return protocol === IpProtocol.Ipip || protocol === IpProtocol.Ipv6;
}
