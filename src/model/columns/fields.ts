/** The columns of records. Made by `npm run columns`: change src/model/columns instead. */

import type { ClockKind } from '../clock-kind.js';
import type { Clocks } from '../clocks.js';
import type { EndReason } from '../end-reason.js';
import type { MirrorDirection } from '../mirror-point.js';
import type { NameSource } from '../name-source.js';
import type { PacketLayer } from '../packet-layer.js';
import type { SequenceUse } from '../sequence-use.js';
import type { Outcome } from '../told.js';

/** The columns of `sessions` that a record has itself. */
export class SessionFields {
  /** Names the conversation, whatever its parts. Version 7: sorts by time. */
  readonly sessionId = new Uint8Array(16);
  /** 0, 1, 2, … of a conversation that went past the active timeout. */
  part = 0;
  /**
   * 0 for the mirror point that had the conversation first, 1, 2, … for the others that see it; 255 in
   * rows from before the column. `copy IN (0, 255)` counts each conversation once.
   */
  copy = 0;
  /** Time of the row's first packet. */
  firstSeenSec = 0;
  firstSeenNsec = 0;
  /** Time of the row's last packet. */
  lastSeenSec = 0;
  lastSeenNsec = 0;
  /**
   * Why the row ends: `idle` (nothing more came), `active` (15 minutes went by; another part may
   * follow), `fin`, `rst` (TCP said so), `pressure` (the session table was full, the oldest went),
   * `shutdown`, `eof` (the collector or the capture ended).
   */
  endReason: EndReason = 0;
  /**
   * The members of the group (`group` of `mirrors`, `--group`) that saw packets of the row, by name;
   * empty where the mirror point is in no group.
   */
  seenBy: readonly string[] = [];
  seenByCount = 0;
  /**
   * ERSPAN index (type II) or platform port id (type III), or jmirror's session id, of the first frame;
   * 0 where there is none.
   */
  mirrorPort = 0;
  /**
   * What ERSPAN's direction bit said of the frames: `ingress`, `egress`, `both` (some this, some that),
   * `unknown` (the type has no such bit).
   */
  mirrorDirection: MirrorDirection = 0;
  /** ERSPAN type III hardware id, 0 to 63. */
  mirrorHardware = 0;
  /**
   * Security group tag: ERSPAN type III's, of Cisco metadata, or of VXLAN's group policy; 0 where there
   * is none.
   */
  securityGroup = 0;
  /**
   * The MAC address of the sensor that took the first frame, where TZSP says it: `02:00:00:00:00:01`;
   * else empty.
   */
  mirrorSensor = '';
  /** VLAN ids of the first frame, outermost first, the one ERSPAN's header carries included. */
  readonly vlanIds = new Uint16Array(8);
  vlanIdsCount = 0;
  /**
   * Network of the overlay that the first frame was in, the innermost one: the VNI of VXLAN, VXLAN-GPE
   * or GENEVE; NULL (null) where it was in none.
   */
  vni: number | null = null;
  /** 802.1p class of service, 0 to 7, from the header of ERSPAN or ERM. */
  cos = 0;
  /** The client's MAC address, `02:00:00:00:00:01`; empty where frames have no Ethernet header. */
  readonly clientMac = new Uint8Array(6);
  /** The server's MAC address. */
  readonly serverMac = new Uint8Array(6);
  /** EtherType of the innermost frame: 2048 IPv4, 34525 IPv6, 2054 ARP, …; 0 for LLC. */
  etherType = 0;
  /** The client's address, IPv4 as `::ffff:a.b.c.d`; `::` for what is not IP. */
  readonly clientIp = new Uint8Array(16);
  /** The server's address. */
  readonly serverIp = new Uint8Array(16);
  /** TCP, UDP or SCTP port; 0 for other protocols. */
  clientPort = 0;
  /** TCP, UDP or SCTP port; 0 for other protocols. */
  serverPort = 0;
  /**
   * IP protocol number, behind every IPv6 extension header: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6, …; 0 for
   * what is not IP.
   */
  protocol = 0;
  /**
   * The protocol as a word: `tcp`, `udp`, `icmp`, `icmp6`, `sctp`, …; of frames that are not IP what
   * they are: `arp`, `lldp`, …
   */
  transport = '';
  /** Packets the client sent. */
  clientPackets = 0;
  /** Packets the server sent. */
  serverPackets = 0;
  /** Bytes the client sent, IP header included. */
  clientBytes = 0;
  /** Bytes the server sent. */
  serverBytes = 0;
  /** Bytes above the transport header that the client sent. */
  clientPayload = 0;
  /** Bytes above the transport header that the server sent. */
  serverPayload = 0;
  /** Every TCP flag the client set, or-ed: CWR 128, ECE 64, URG 32, ACK 16, PSH 8, RST 4, SYN 2, FIN 1. */
  clientTcpFlags = 0;
  /** Every TCP flag the server set. */
  serverTcpFlags = 0;
  /**
   * Zeek's `conn_state`: `S0` SYN without an answer, `S1` established, `SF` established and finished,
   * `REJ` refused, `S2`, `S3` closed by the client, by the server only, `RSTO`, `RSTR` reset by the
   * client, by the server, `RSTOS0` SYN then RST by the client, `RSTRH` SYN-ACK then RST by the server,
   * `SH` SYN then FIN by the client, `SHR` SYN-ACK then FIN by the server, `OTH` no SYN seen. Empty for
   * what is not TCP.
   */
  tcpState = '';
  /**
   * Microseconds from the first SYN to the client's first ACK of the SYN-ACK; 0 when the handshake was
   * not seen.
   */
  handshakeUs = 0;
  /**
   * Least time, in microseconds, from a segment of the server (or its SYN-ACK) to the acknowledgment of
   * the client: the way from the mirror point to the client and back. Segments sent again are not
   * timed. 0 where nothing was timed in the row.
   */
  clientRttUs = 0;
  /** Least time from a segment of the client (or its SYN) to the acknowledgment of the server, likewise. */
  serverRttUs = 0;
  /** How often the server sent payload after the client had: questions that were answered. */
  responses = 0;
  /**
   * Microseconds from the client's last payload before each answer to the answer's first payload, added
   * up: `response_us / responses` is the mean. A request that was sent again counts from then on,
   * unless the server had acknowledged it.
   */
  responseUs = 0;
  /** The longest of these times. */
  responseUsMax = 0;
  /** TCP segments of the client that bring nothing new. */
  clientRetransmits = 0;
  /** TCP segments of the server that bring nothing new. */
  serverRetransmits = 0;
  /** SYNs that the client sent again, 255 at most. They are among `client_retransmits`. */
  clientSynRetransmits = 0;
  /** SYN-ACKs that the server sent again, likewise. */
  serverSynRetransmits = 0;
  /**
   * TCP segments of the client that fill a gap: they were late, or were lost before the mirror point
   * and sent again.
   */
  clientReordered = 0;
  /** TCP segments of the server that fill a gap. */
  serverReordered = 0;
  /**
   * Bytes of the client's stream that never came, though later ones did. A receiver would have asked
   * for them again, so the mirror or the capture lost them.
   */
  clientMissing = 0;
  /** Bytes of the server's stream that never came. */
  serverMissing = 0;
  /** TCP segments with which the client says that it has no room for more (window 0), 65,535 at most. */
  clientZeroWindows = 0;
  /** TCP segments with which the server says that it has no room for more, likewise. */
  serverZeroWindows = 0;
  /**
   * The client's SYN as p0f writes it: `mss:window,scale:options`, as in
   * `1460:64240,7:mss,sok,ts,nop,ws`. Of the options at most twelve. Empty where it was not seen with
   * all of them.
   */
  clientSyn = '';
  /** The server's SYN-ACK, likewise. */
  serverSyn = '';
  /**
   * What happened, in letters as in Zeek's `history`, each once, in the order first seen, at most
   * twelve; upper case where the client did it: `S` SYN, `H` SYN-ACK, `A` ACK without payload, `D`
   * payload, `F` FIN, `R` RST, `T` retransmission, `W` window 0, `G` gap. A long conversation has all
   * of it in each part.
   */
  history = '';
  /** Type of the first ICMP or ICMPv6 message. */
  icmpType = 0;
  /** Code of the first ICMP or ICMPv6 message. */
  icmpCode = 0;
  /** TTL or hop limit of the client's first packet. */
  clientTtl = 0;
  /** TTL or hop limit of the server's first packet. */
  serverTtl = 0;
  /** Differentiated services code point of the first packet, 0 to 63. */
  dscp = 0;
  /** IP fragments. */
  fragments = 0;
  /** Frames the switch or the capture cut short. They count in full all the same. */
  truncated = 0;
  /**
   * Frames seen a second time because the mirror sends what comes in and what goes out; not counted
   * elsewhere.
   */
  duplicates = 0;
  /** The application, where its first bytes tell: `tls`, `http`, `dns`, `ssh`, …; else empty. */
  appProtocol = '';
  /**
   * The host that the client asked for: TLS and QUIC server name, lower case, as sent. With `tls_ech`
   * it may be the public name in front of another.
   */
  serverName = '';
  /**
   * Application protocols that the client offered (ALPN), in its order: `h2,http/1.1`. Other bytes than
   * printable ASCII stand as `\xNN`, here and in every text of a message.
   */
  alpn = '';
  /** The one that the server chose; empty from TLS 1.3 on, which encrypts it. */
  alpnChosen = '';
  /**
   * What the ServerHello chose: `SSL 2.0`, `SSL 3.0`, `TLS 1.0` to `TLS 1.3`, `DTLS 1.0`, `DTLS 1.2`,
   * `DTLS 1.3`; empty where none was seen.
   */
  tlsVersion = '';
  /** The cipher suite it chose, under IANA's name: `TLS_AES_128_GCM_SHA256`. */
  tlsCipher = '';
  /**
   * 1 where the client offered an encrypted ClientHello (ECH) or server name (ESNI), or only pretended
   * to (GREASE looks the same); else 0.
   */
  tlsEch = 0;
  /** 1 where an earlier TLS session was resumed, else 0. */
  tlsResumed = 0;
  /** 1 where the ClientHello was answered and encrypted data came from both sides, else 0. */
  tlsEstablished = 0;
  /**
   * The first fatal alert in clear, else the first warning: level and name, `fatal:handshake_failure`;
   * empty for none.
   */
  tlsAlert = '';
  /**
   * Microseconds from the ClientHello's first segment to the first encrypted record of the client after
   * the ServerHello: one round trip and the server's work; 0 where not seen.
   */
  tlsUs = 0;
  /** `1`, `2`, `draft-29`, `Q046`, …; others in hex, `0xfaceb002`; empty for what is not QUIC. */
  quicVersion = '';
  /** JA4 of the ClientHello, over TCP, QUIC or DTLS: `t13d1516h2_8daaf6152771_e5627efa2ab1`. */
  ja4 = '';
  /** HASSH of the SSH client: MD5 of its algorithms, in hex. */
  hassh = '';
  /** hasshServer of the SSH server, likewise. */
  hasshServer = '';
  /**
   * What the client says it is: SSH's banner as sent, `SSH-2.0-OpenSSH_9.6`. HTTP's agents are in
   * `transactions`.
   */
  clientSoftware = '';
  /** What the server says it is: SSH's banner, a database's version. */
  serverSoftware = '';
  /** The user who logged on first: `DOMAIN\user` of NTLM, else as sent. */
  userName = '';
  /**
   * Why its first messages were not read to their end: `cut` (the mirror or the capture cut the frame),
   * `gap` (bytes are missing), `limit` (a bound was reached), `malformed` (the bytes break the
   * protocol). The first reason stays; empty where there is none.
   */
  partial = '';
  /** Name of the network (`networks`) that the client is in; empty where it is in none. */
  clientNetwork = '';
  /** Name of the network (`networks`) that the server is in; empty where it is in none. */
  serverNetwork = '';
  /** The client's role, from the same network; empty where that has none. */
  clientRole = '';
  /** The server's role, from the same network; empty where that has none. */
  serverRole = '';
  /** The client's site, likewise. `site` is the mirror point's. */
  clientSite = '';
  /** The server's site, likewise. `site` is the mirror point's. */
  serverSite = '';
  /**
   * Number of the autonomous system that announces the client's address, from the files of `owners`; 0
   * where they do not say.
   */
  clientAsn = 0;
  /**
   * Number of the autonomous system that announces the server's address, from the files of `owners`; 0
   * where they do not say.
   */
  serverAsn = 0;
  /** The organisation of that autonomous system, likewise. */
  clientAsOrg = '';
  /** The organisation of that autonomous system, likewise. */
  serverAsOrg = '';
  /** Country of the client's address, two letters (ISO 3166), likewise. */
  clientCountry = '';
  /** Country of the server's address, two letters (ISO 3166), likewise. */
  serverCountry = '';
  /**
   * The entry of `policies` that does not allow the conversation, `guests > accounting`; empty where it
   * is allowed, or no entry is about it.
   */
  policy = '';
}

/** The columns of `transactions` that a record has itself. */
export class TransactionFields {
  /** The conversation's, in `sessions`. */
  readonly sessionId = new Uint8Array(16);
  /** 0, 1, 2, … of the transactions of a conversation, in the order in which they were stored. */
  number = 0;
  /** As in `sessions`: `copy IN (0, 255)` counts each transaction once. */
  copy = 0;
  /** Time of the question's last byte; of the answer's first, where no question was seen. */
  timeSec = 0;
  timeNsec = 0;
  /** As in `sessions`. */
  vni: number | null = null;
  /** Address of the conversation's client, as in `sessions`. */
  readonly clientIp = new Uint8Array(16);
  /** Address of the conversation's server. */
  readonly serverIp = new Uint8Array(16);
  /** As in `sessions`. */
  clientPort = 0;
  /** As in `sessions`. */
  serverPort = 0;
  /** IP protocol number: 6 TCP, 17 UDP. */
  protocol = 0;
  /**
   * What was spoken: `dns`, `http`, `smb`, …. Behind SOCKS or CONNECT it is the word of what is inside,
   * where the conversation's own is `socks` or `http`.
   */
  appProtocol = '';
  /** What was asked: `GET`, `A`, `CREATE`, …. */
  method = '';
  /** Of whom: a host, a share, a database, …. */
  name = '';
  /** For what: a path, a file, a statement, …. */
  resource = '';
  /** Who asked, where the messages say so. */
  userName = '';
  /** What the answer says, in the protocol's words: `NXDOMAIN`, `404`, `STATUS_ACCESS_DENIED`. */
  status = '';
  /**
   * How it ended, one word for all protocols: `ok`, `client_error` (the question was refused or wrong),
   * `server_error` (the server could not), `unanswered` (no answer within 10 seconds over UDP, or by
   * the conversation's end), `unasked` (an answer whose question was not seen).
   */
  outcome: Outcome = 0;
  /** Microseconds from the question's last byte to the answer's first; 0 without one of them. */
  responseUs = 0;
  /** Microseconds from the answer's first byte to its last. */
  transferUs = 0;
  /** Bytes of the question; of its body, in HTTP. */
  requestBytes = 0;
  /** Bytes of the answer; of its body, in HTTP. */
  responseBytes = 0;
  /** Addresses in the answer, at most 16. */
  answers: Uint8Array = new Uint8Array(256);
  answersCount = 0;
  /** How long the answer holds, in seconds: the least TTL of DNS's records, DHCP's lease. */
  ttl = 0;
  /** What else was said, by name, at most 16: `user_agent`, `etype`, `client_mac`, …. */
  attributeNames: readonly string[] = [];
  attributeValues: readonly string[] = [];
  attributesCount = 0;
  /** Why a message was not read to its end, as in `sessions`. */
  partial = '';
  /** As in `sessions`. */
  clientNetwork = '';
  /** As in `sessions`. */
  serverNetwork = '';
  /** As in `sessions`. */
  clientRole = '';
  /** As in `sessions`. */
  serverRole = '';
  /** As in `sessions`. */
  clientSite = '';
  /** As in `sessions`. */
  serverSite = '';
  /** As in `sessions`. */
  clientAsn = 0;
  /** As in `sessions`. */
  serverAsn = 0;
  /** As in `sessions`. */
  clientAsOrg = '';
  /** As in `sessions`. */
  serverAsOrg = '';
  /** As in `sessions`. */
  clientCountry = '';
  /** As in `sessions`. */
  serverCountry = '';
}

/** The columns of `certificates` that a record has itself. */
export class CertificateFields {
  /** The day, in UTC. */
  day = 0;
  /** When it was first shown that day, after which it is not written again. */
  firstSeenSec = 0;
  firstSeenNsec = 0;
  /** The server's address. */
  readonly serverIp = new Uint8Array(16);
  /** The server's port. */
  serverPort = 0;
  /** SHA-256 of the certificate; 32 zero bytes where not all of it was seen. NDJSON writes it in hex. */
  readonly fingerprint = new Uint8Array(32);
  /** The name that the client asked for. */
  serverName = '';
  /** The subject's common name, the last one. */
  subject = '';
  /** The issuer's common name, the last one. */
  issuer = '';
  /** The names and addresses that it is for (subjectAltName), at most 64. */
  names: readonly string[] = [];
  namesCount = 0;
  /** Serial number in hex, lower case, with `-` in front of negative ones. */
  serial = '';
  /**
   * From when on it is valid. The table has times from 1900 to 2299, and the nearest of these for
   * others; NDJSON has all.
   */
  notBefore = 0;
  /** Until when it is valid, likewise. */
  notAfter = 0;
  /** Kind of the public key: `rsa`, `ec`, `ed25519`, …; empty where unknown. */
  keyType = '';
  /** Its length in bits; 0 where unknown. */
  keyBits = 0;
  /** How it is signed: `sha256WithRSAEncryption`, …; the object identifier of others. */
  signature = '';
  /** Certificates that the server sent, 255 at most. */
  chain = 0;
  /** Why not all of it was read, as in `sessions`. */
  partial = '';
}

/** The columns of `mirrors` that a record has itself. */
export class MirrorFields {
  /** Start of the minute. */
  minute = 0;
  /** Mirrored packets that arrived. */
  packets = 0;
  /** Bytes of the mirrored frames as they arrived, encapsulation not included. */
  bytes = 0;
  /**
   * What the sequence numbers count: `none` (there are none), `session` (one number for the mirror
   * point), `hardware`, `direction`, `hardware_direction` (one for each hardware id, direction, or
   * both), `source` (one for all ERSPAN sessions of the source), `unusable` (they cannot be a sequence,
   * so that nothing is known of loss).
   */
  sequence: SequenceUse = 0;
  /** Sequence numbers that did not come within some seconds, see `late`. */
  lost = 0;
  /** Packets that came after all when they had counted as lost: what never came is `lost` - `late`. */
  late = 0;
  /** Packets that came after one with a later number. */
  reordered = 0;
  /** Packets whose number had come before. */
  repeated = 0;
  /** Frames the switch cut short. */
  truncated = 0;
  /**
   * Packets of which fragments never came: the MTU of the underlay is too small, or it drops fragments.
   * They count in `packets` and `truncated` too.
   */
  incomplete = 0;
  /** Frames with a header that cannot be right. */
  malformed = 0;
  /**
   * Packets the kernel dropped in this minute before the collector saw them, whoever sent them: the
   * same number in every row of the collector's minute.
   */
  kernelDrops = 0;
  /**
   * The clock that the times of its frames are of, where these are the timestamps of the switch
   * (`timestamps: hardware`): its sender and what it counts in, as in `192.0.2.1 100ns`. Times of
   * mirror points with the same clock can be compared. Empty where they are times of arrival.
   */
  clock = '';
  /**
   * `arrival` (there is no clock), `fitted` (fitted to the arrivals: apart from the time that packets
   * take at least), `absolute` (the switch says what time it is).
   */
  clockKind: ClockKind = 0;
  /**
   * Nanoseconds to add to what the clock shows to have UTC, at the end of the minute: up to half of
   * what it counts before it begins anew. A clock of TAI has -37,000,000,000.
   */
  clockOffsetNs = 0;
  /** By how many billionths the clock runs faster than the collector's; negative: slower. */
  clockDriftPpb = 0;
  /**
   * The least time that a frame took from the switch to the collector. It is near 0 for the way to
   * which a clock was fitted; by an absolute clock that is ahead it is negative.
   */
  clockDelayNs = 0;
  /** The mean difference between the time that one frame took and the next one (RFC 3550). */
  clockJitterNs = 0;
  /** Frames with a timestamp too far from their arrival, which is their time then. */
  clockDisbelieved = 0;
  /** How often the clock was set, or its switch restarted. */
  clockJumps = 0;
}

/** The columns of `tunnels` that a record has itself. */
export class TunnelFields {
  /** Start of the minute. */
  minute = 0;
  /** The device. */
  name = '';
  /** As in `ip tunnel` and `ip link`: `gre`, `gretap`, `ip6gre`, `ip6gretap`, `erspan`, `ip6erspan`. */
  mode = '';
  /** Local address; `::` for any. */
  readonly local = new Uint8Array(16);
  /** Remote address; `::` for any. */
  readonly remote = new Uint8Array(16);
  /** The key packets are looked up by; NULL where there is none. */
  key: number | null = null;
  /** Packets received. */
  rxPackets = 0;
  /** Bytes received, encapsulation not included. */
  rxBytes = 0;
  /** Packets refused, whatever the reason. */
  rxErrors = 0;
  /** Packets that were in order and could not be handed on. */
  rxDropped = 0;
  /** Packets received for a multicast remote. */
  multicast = 0;
  /** Packets too short for what they claim to be. */
  rxLengthErrors = 0;
  /** Packets with a checksum where none is agreed on, or none where one is. */
  rxCrcErrors = 0;
  /** Packets marked congested outside that say inside they cannot be. */
  rxFrameErrors = 0;
  /** Packets without a sequence number, or with one older than expected. */
  rxFifoErrors = 0;
  /** Packets sent. */
  txPackets = 0;
  /** Bytes sent, encapsulation not included. */
  txBytes = 0;
  /** Packets that could not be sent. */
  txErrors = 0;
  /** Packets dropped before sending. */
  txDropped = 0;
  /** Packets the socket refused. */
  txAbortedErrors = 0;
  /** Packets without a route to the remote. */
  txCarrierErrors = 0;
  /** Packets whose route led back into the tunnel. */
  collisions = 0;
}

/** The columns of `packets` that a record has itself. */
export class PacketFields {
  /** The session's, in `sessions`. */
  readonly sessionId = new Uint8Array(16);
  /** Time of the packet. */
  timeSec = 0;
  timeNsec = 0;
  /** The frame's bytes from its first header on, as many as are kept. */
  frame: Uint8Array = new Uint8Array(0);
  frameStart = 0;
  frameEnd = 0;
  /** Bytes the frame had before anything was cut off. */
  originalLength = 0;
  /** As in `sessions`, of this frame. */
  mirrorPort = 0;
  /** `unknown`, `ingress` or `egress`; never `both`. */
  mirrorDirection: MirrorDirection = 0;
  /** As in `sessions`, of this frame. */
  mirrorHardware = 0;
  /** As in `sessions`, of this frame. */
  securityGroup = 0;
  /** As in `sessions`, of this frame. */
  mirrorSensor = '';
  /** As in `sessions`, of this frame. */
  cos = 0;
  /** The VLAN of a frame whose tag the switch removed; NULL for others. */
  vlan: number | null = null;
  /** As in `sessions`, of this frame. */
  vni: number | null = null;
  /** What the frame begins with: `ethernet`, `ipv4`, `ipv6`, `ppp`, `ieee80211`, or `other`. */
  layer: PacketLayer = 0;
  /**
   * The same as a GRE protocol type, which tells `other` apart: 25944 Ethernet, 2048 IP, 34827 PPP,
   * 34887 MPLS, …; 8939 where ERSPAN gives a frame type that is not known; 0 in rows of an earlier
   * version.
   */
  greProtocol = 0;
  /** 1 where the switch says that it cut the frame, else 0. */
  truncated = 0;
  /** Which packet of the session's row it is, from 1; 0 in rows of an earlier version. */
  number = 0;
}

/** The columns of `paths` that a record has itself. */
export class PathFields {
  /** Start of the minute, by the time at `from_mirror`. */
  minute = 0;
  /** Where the packets were first: the name of a mirror. A pair has a row for each direction. */
  fromMirror = '';
  /** Where they were next. */
  toMirror = '';
  /** One packet in so many is sampled: 1 is each. */
  sample = 0;
  /**
   * What the times at both ends come from: `common` (one clock: delays are right), `relative` (times of
   * arrival, or clocks that were fitted apart: only how much delays vary is to be trusted).
   */
  clocks: Clocks = 0;
  /** Packets that both ends saw once. */
  matched = 0;
  /**
   * Packets that only `from_mirror` saw, while the mirror at the other end lacked nothing: the network
   * lost them, or something on the way drops them.
   */
  lost = 0;
  /**
   * Packets that one end saw, of which the other end's mirror may have lost its copy: they were due
   * while sequence numbers are missing, the mirror has none, or sent nothing at that time.
   */
  unknown = 0;
  /** Packets that were identical to another within the window: which is which cannot be told. */
  ambiguous = 0;
  /** Packets that one end saw fragmented, merged with others (GRO, TSO), or cut too short. */
  unmatchable = 0;
  /** Matched packets that a later packet of their conversation overtook (RFC 4737). */
  reordered = 0;
  /**
   * Packets that only `from_mirror` saw, to destinations that no packet of the pair has reached: they
   * may take another way, and are not `lost`.
   */
  elsewhere = 0;
  /** The least delay of `matched`, nanoseconds; 0 without any. Negative where clocks differ. */
  delayMinNs = 0;
  /** Half of them took no longer. */
  delayP50Ns = 0;
  /** 95 % of them took no longer. */
  delayP95Ns = 0;
  /** 99 % of them took no longer. */
  delayP99Ns = 0;
  /** The greatest delay. */
  delayMaxNs = 0;
}

/** The columns of `hops` that a record has itself. */
export class HopFields {
  /** Time of its first packet. */
  firstSeenSec = 0;
  firstSeenNsec = 0;
  /** Time of its last packet. */
  lastSeenSec = 0;
  lastSeenNsec = 0;
  /** The first place of the pair. */
  fromMirror = '';
  /** The second place of the pair. */
  toMirror = '';
  /** As in `paths`. */
  sample = 0;
  /** As in `paths`. */
  clocks: Clocks = 0;
  /**
   * Who opened the conversation; without a SYN, the end with the higher port. With NAT, as at
   * `from_mirror` where it was seen there.
   */
  readonly clientIp = new Uint8Array(16);
  /** The other end. */
  readonly serverIp = new Uint8Array(16);
  /** Port of the client. */
  clientPort = 0;
  /** Port of the server. */
  serverPort = 0;
  /** IP protocol. */
  protocol = 0;
  /** Packets that both ends saw once, from `from_mirror` to `to_mirror`: as in `paths`. */
  forwardMatched = 0;
  /** Packets that the network lost, from `from_mirror` to `to_mirror`: as in `paths`. */
  forwardLost = 0;
  /** Packets that a mirror may have lost, from `from_mirror` to `to_mirror`: as in `paths`. */
  forwardUnknown = 0;
  /** Packets identical to another, from `from_mirror` to `to_mirror`: as in `paths`. */
  forwardAmbiguous = 0;
  /**
   * Packets fragmented, merged or cut too short at one end, from `from_mirror` to `to_mirror`: as in
   * `paths`.
   */
  forwardUnmatchable = 0;
  /** Packets overtaken by a later one, from `from_mirror` to `to_mirror`: as in `paths`. */
  forwardReordered = 0;
  /** The least delay of `forward_matched`, nanoseconds; 0 without any. */
  forwardDelayMinNs = 0;
  /** The mean delay of `forward_matched`, nanoseconds; 0 without any. */
  forwardDelayAvgNs = 0;
  /** The greatest delay of `forward_matched`, nanoseconds; 0 without any. */
  forwardDelayMaxNs = 0;
  /** Packets that both ends saw once, from `to_mirror` to `from_mirror`: as in `paths`. */
  reverseMatched = 0;
  /** Packets that the network lost, from `to_mirror` to `from_mirror`: as in `paths`. */
  reverseLost = 0;
  /** Packets that a mirror may have lost, from `to_mirror` to `from_mirror`: as in `paths`. */
  reverseUnknown = 0;
  /** Packets identical to another, from `to_mirror` to `from_mirror`: as in `paths`. */
  reverseAmbiguous = 0;
  /**
   * Packets fragmented, merged or cut too short at one end, from `to_mirror` to `from_mirror`: as in
   * `paths`.
   */
  reverseUnmatchable = 0;
  /** Packets overtaken by a later one, from `to_mirror` to `from_mirror`: as in `paths`. */
  reverseReordered = 0;
  /** The least delay of `reverse_matched`, nanoseconds; 0 without any. */
  reverseDelayMinNs = 0;
  /** The mean delay of `reverse_matched`, nanoseconds; 0 without any. */
  reverseDelayAvgNs = 0;
  /** The greatest delay of `reverse_matched`, nanoseconds; 0 without any. */
  reverseDelayMaxNs = 0;
}

/** The columns of `names` that a record has itself. */
export class NameFields {
  /** The day, in UTC. */
  day = 0;
  /** The address, IPv4 as `::ffff:a.b.c.d`. */
  readonly address = new Uint8Array(16);
  /** Network of the overlay that the address is in, as in `sessions`. */
  vni: number | null = null;
  /** The name, lower case, without a dot at its end. */
  name = '';
  /**
   * What said so: `file` (`names_file`), `dhcp` (the host asked under this name), `mdns`, `llmnr`,
   * `kerberos`, `ntlm`, `smb` (the computer that logs on, or is logged on to), `tls` (the server name
   * that a client asked for), `http` (the host), `dns` (an answer).
   */
  source: NameSource = 0;
  /** When it was seen first that day. */
  firstSeenSec = 0;
  firstSeenNsec = 0;
  /** When it was seen last that day. */
  lastSeenSec = 0;
  lastSeenNsec = 0;
  /** How often; the rows of one key may not be added up yet. */
  count = 0;
}

/** The columns of `network_loads` that a record has itself. */
export class NetworkFields {
  /** When it was loaded; the same for all of one load. */
  loadedSec = 0;
  loadedNsec = 0;
  /**
   * Rows of this load; 0 in the only row of one that clears all. The newest load of which all rows are
   * there is the one that counts.
   */
  networks = 0;
  /** First address of the prefix, IPv4 as `::ffff:a.b.c.d`. */
  readonly address = new Uint8Array(16);
  /** Length of the prefix, of 128; 96 and more for IPv4. */
  bits = 0;
  /** What people call it. */
  name = '';
  /** Where it is. */
  site = '';
  /** What it is for: `guests`, `accounting`, …. */
  role = '';
  /** Whose it is. */
  tenant = '';
  /** The VLAN that it is in; NULL: any. */
  vlan: number | null = null;
  /** The VNI that it is in; NULL: any. */
  vni: number | null = null;
  /** Name of the file that it was loaded from. */
  loadedFrom = '';
}
