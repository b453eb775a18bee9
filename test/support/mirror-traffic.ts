/** Mirrored frames of whole conversations, to send to a collector. */
import { bytes, erspan2, ethernet, ipv4, tcp, udp } from './frames.js';

/** A mirror source: every frame gets the next sequence number of its ERSPAN session. */
export class MirrorSource {
  sequence = 0;
  constructor(
    readonly session: number,
    readonly address = '198.51.100.1',
  ) {}

  /** The frame as sent to the collector: Ethernet, IPv4, GRE, ERSPAN type II. */
  wrap(inner: Uint8Array): Uint8Array {
    return ethernet(
      0x0800,
      ipv4(this.address, '198.51.100.2', 47, erspan2(this.session, this.sequence++, inner)),
    );
  }

  /** Gives a wrapped frame another number, so that it can be sent many times. */
  static renumber(frame: Uint8Array, sequence: number): void {
    frame[38] = sequence >>> 24;
    frame[39] = sequence >>> 16;
    frame[40] = sequence >>> 8;
    frame[41] = sequence;
  }
}

/** A TCP connection that opens, carries a request and a response, and closes: 9 frames. */
export function tcpConversation(client: string, server: string, port: number, serverPort = 80): Uint8Array[] {
  const FIN = 1;
  const SYN = 2;
  const PSH = 8;
  const ACK = 16;
  let c = 1000;
  let s = 5000;
  const out: Uint8Array[] = [];
  const up = (flags: number, data = new Uint8Array(0)): void => {
    out.push(
      ethernet(0x0800, ipv4(client, server, 6, numbered(tcp(port, serverPort, flags, c, data), s, flags))),
    );
    c += data.length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
  };
  const down = (flags: number, data = new Uint8Array(0)): void => {
    out.push(
      ethernet(0x0800, ipv4(server, client, 6, numbered(tcp(serverPort, port, flags, s, data), c, flags))),
    );
    s += data.length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
  };
  up(SYN);
  down(SYN | ACK);
  up(ACK);
  up(PSH | ACK, new TextEncoder().encode('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
  down(PSH | ACK, new TextEncoder().encode('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  up(ACK);
  up(FIN | ACK);
  down(FIN | ACK);
  up(ACK);
  return out;
}

function numbered(segment: Uint8Array, acknowledgment: number, flags: number): Uint8Array {
  if ((flags & 16) !== 0) new DataView(segment.buffer).setUint32(8, acknowledgment);
  return segment;
}

export function udpFrame(a: string, b: string, port: number, length = 100): Uint8Array {
  return ethernet(0x0800, ipv4(a, b, 17, udp(port, 9999, bytes(new Uint8Array(length)))));
}
