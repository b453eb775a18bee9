import {
  ANY,
  COPY,
  IP,
  LAST,
  LEAST,
  MAC,
  NULLABLE_UINT32,
  SAID,
  SUM,
  type Table,
  TEXT,
  TIME,
  UINT8,
  UINT16,
  UINT16S,
  UINT32,
  UINT64,
  UUID,
  WORD,
  WORDS,
} from './column.js';
import { endColumns } from './ends.js';
import { END_REASON, MIRROR_DIRECTION, MIRROR_TYPE } from './words.js';

export const SESSIONS: Table = {
  name: 'sessions',
  message: 'Session',
  row: 'one conversation seen by one mirror point, or by the members of one group.',
  columns: [
    {
      name: 'session_id',
      field: 1,
      type: UUID,
      doc: 'Names the conversation, whatever its parts. Version 7: sorts by time.',
    },
    {
      name: 'part',
      field: 16,
      type: UINT32,
      doc: '0, 1, 2, … of a conversation that went past the active timeout.',
    },
    {
      name: 'copy',
      field: 85,
      type: COPY,
      whole: { doc: 'As in `sessions`, of the first part.' },
      doc:
        '0 for the mirror point that had the conversation first, 1, 2, … for the others that see it; 255 ' +
        'in rows from before the column. `copy IN (0, 255)` counts each conversation once.',
    },
    {
      name: 'first_seen',
      field: 2,
      type: TIME,
      codec: 'Delta, ZSTD(1)',
      whole: { doc: 'Time of its first packet, as far as it is stored.' },
      doc: "Time of the row's first packet.",
    },
    {
      name: 'last_seen',
      field: 3,
      type: TIME,
      codec: 'Delta, ZSTD(1)',
      whole: { doc: 'Time of its last packet.' },
      doc: "Time of the row's last packet.",
    },
    {
      name: 'end_reason',
      field: 17,
      type: END_REASON,
      whole: {
        doc: 'As in `sessions`, of the last part: `active` says that it goes on, or that nothing came after.',
      },
      doc:
        'Why the row ends: `idle` (nothing more came), `active` (15 minutes went by; another part may ' +
        'follow), `fin`, `rst` (TCP said so), `pressure` (the session table was full, the oldest went), ' +
        '`shutdown`, `eof` (the collector or the capture ended).',
    },
    {
      name: 'mirror_type',
      field: 18,
      type: MIRROR_TYPE,
      from: 'point.type',
      doc:
        'How the frames were mirrored: `erspan1`, `erspan2`, `erspan3`, `gre` (IP in GRE), `gretap` ' +
        '(Ethernet in GRE), `pptp`, `mellanox` (what NVIDIA Spectrum switches send under SONiC, GRE type ' +
        "0x8949); in UDP `vxlan`, `vxlan-gpe`, `geneve`, `gre-udp` (GRE), `tzsp`, `jmirror` (Juniper's), " +
        "`erm` (HP's); `span` (an interface's own frames), `capture` (those of a capture that holds no " +
        'mirror).',
    },
    {
      name: 'mirror_source',
      field: 19,
      type: IP,
      from: 'point.source',
      doc: 'Outer source address: the switch, router or host that mirrors; `::` for `span` and `capture`.',
    },
    {
      name: 'mirror_target',
      field: 20,
      type: IP,
      from: 'point.target',
      doc: 'Outer destination address: the collector; `::` for `span` and `capture`.',
    },
    {
      name: 'mirror_session',
      field: 21,
      type: UINT32,
      from: 'point.session',
      doc:
        "The number that the mirror gives its session: ERSPAN's session id, 0 to 1023; the VNI of " +
        '`vxlan`, `vxlan-gpe` and `geneve`; the intercept id of `jmirror`; 0 for types without one.',
    },
    {
      name: 'mirror_name',
      field: 49,
      type: WORD,
      from: 'point.name',
      doc:
        'Name of the mirror point, from its entry of `mirrors` in the configuration when the row was ' +
        'written; empty where no entry names it. For `span` the interface where no entry names it, for ' +
        "`capture` the file. In a group, the group's.",
    },
    {
      name: 'site',
      field: 50,
      type: WORD,
      from: 'point.site',
      doc: 'Where the mirror point is, from the same entry; empty where that does not say.',
    },
    {
      name: 'seen_by',
      field: 86,
      type: WORDS,
      whole: { doc: 'Those of all its parts.' },
      doc:
        'The members of the group (`group` of `mirrors`, `--group`) that saw packets of the row, by name; ' +
        'empty where the mirror point is in no group.',
    },
    {
      name: 'mirror_port',
      field: 22,
      type: UINT32,
      doc:
        "ERSPAN index (type II) or platform port id (type III), or jmirror's session id, of the first " +
        'frame; 0 where there is none.',
    },
    {
      name: 'mirror_direction',
      field: 23,
      type: MIRROR_DIRECTION,
      whole: { doc: 'As in `sessions`, of all parts.' },
      doc:
        "What ERSPAN's direction bit said of the frames: `ingress`, `egress`, `both` (some this, some " +
        'that), `unknown` (the type has no such bit).',
    },
    {
      name: 'mirror_hardware',
      field: 24,
      type: UINT8,
      zeros: 'hardware',
      doc: 'ERSPAN type III hardware id, 0 to 63.',
    },
    {
      name: 'security_group',
      field: 25,
      type: UINT16,
      zeros: 'hardware',
      doc:
        "Security group tag: ERSPAN type III's, of Cisco metadata, or of VXLAN's group policy; 0 where " +
        'there is none.',
    },
    {
      name: 'mirror_sensor',
      field: 87,
      type: WORD,
      zeros: 'hardware',
      doc:
        'The MAC address of the sensor that took the first frame, where TZSP says it: ' +
        '`02:00:00:00:00:01`; else empty.',
    },
    {
      name: 'gre_key',
      field: 26,
      type: NULLABLE_UINT32,
      from: 'point.key',
      doc: 'The GRE key; NULL (null) where packets carry none.',
    },
    {
      name: 'vlan_ids',
      field: 27,
      type: UINT16S,
      doc: "VLAN ids of the first frame, outermost first, the one ERSPAN's header carries included.",
    },
    {
      name: 'vni',
      field: 48,
      type: NULLABLE_UINT32,
      doc:
        'Network of the overlay that the first frame was in, the innermost one: the VNI of VXLAN, ' +
        'VXLAN-GPE or GENEVE; NULL (null) where it was in none.',
    },
    {
      name: 'cos',
      field: 28,
      type: UINT8,
      doc: '802.1p class of service, 0 to 7, from the header of ERSPAN or ERM.',
    },
    {
      name: 'client_mac',
      field: 29,
      type: MAC,
      given: 'hasMac',
      doc: "The client's MAC address, `02:00:00:00:00:01`; empty where frames have no Ethernet header.",
    },
    { name: 'server_mac', field: 30, type: MAC, given: 'hasMac', doc: "The server's MAC address." },
    {
      name: 'ether_type',
      field: 31,
      type: UINT16,
      doc: 'EtherType of the innermost frame: 2048 IPv4, 34525 IPv6, 2054 ARP, …; 0 for LLC.',
    },
    {
      name: 'client_ip',
      field: 4,
      type: IP,
      doc: "The client's address, IPv4 as `::ffff:a.b.c.d`; `::` for what is not IP.",
    },
    { name: 'server_ip', field: 5, type: IP, doc: "The server's address." },
    { name: 'client_port', field: 6, type: UINT16, doc: 'TCP, UDP or SCTP port; 0 for other protocols.' },
    { name: 'server_port', field: 7, type: UINT16, doc: 'TCP, UDP or SCTP port; 0 for other protocols.' },
    {
      name: 'protocol',
      field: 8,
      type: UINT8,
      doc:
        'IP protocol number, behind every IPv6 extension header: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6, …; 0 ' +
        'for what is not IP.',
    },
    {
      name: 'transport',
      field: 15,
      type: WORD,
      doc:
        'The protocol as a word: `tcp`, `udp`, `icmp`, `icmp6`, `sctp`, …; of frames that are not IP ' +
        'what they are: `arp`, `lldp`, …',
    },
    {
      name: 'client_packets',
      field: 9,
      type: UINT64,
      codec: 'T64, ZSTD(1)',
      whole: SUM,
      doc: 'Packets the client sent.',
    },
    {
      name: 'server_packets',
      field: 10,
      type: UINT64,
      codec: 'T64, ZSTD(1)',
      whole: SUM,
      doc: 'Packets the server sent.',
    },
    {
      name: 'client_bytes',
      field: 11,
      type: UINT64,
      codec: 'T64, ZSTD(1)',
      whole: SUM,
      doc: 'Bytes the client sent, IP header included.',
    },
    {
      name: 'server_bytes',
      field: 12,
      type: UINT64,
      codec: 'T64, ZSTD(1)',
      whole: SUM,
      doc: 'Bytes the server sent.',
    },
    {
      name: 'client_payload',
      field: 13,
      type: UINT64,
      codec: 'T64, ZSTD(1)',
      whole: SUM,
      doc: 'Bytes above the transport header that the client sent.',
    },
    {
      name: 'server_payload',
      field: 14,
      type: UINT64,
      codec: 'T64, ZSTD(1)',
      whole: SUM,
      doc: 'Bytes above the transport header that the server sent.',
    },
    {
      name: 'client_tcp_flags',
      field: 32,
      type: UINT8,
      zeros: 'flags',
      whole: { doc: 'Every TCP flag the client set in any part.' },
      doc:
        'Every TCP flag the client set, or-ed: CWR 128, ECE 64, URG 32, ACK 16, PSH 8, RST 4, SYN 2, FIN ' +
        '1.',
    },
    {
      name: 'server_tcp_flags',
      field: 33,
      type: UINT8,
      zeros: 'flags',
      whole: { doc: 'Every TCP flag the server set in any part.' },
      doc: 'Every TCP flag the server set.',
    },
    {
      name: 'tcp_state',
      field: 34,
      type: WORD,
      zeros: 'flags',
      whole: { doc: 'As in `sessions`, at the end of the last part.' },
      doc:
        "Zeek's `conn_state`: `S0` SYN without an answer, `S1` established, `SF` established and " +
        'finished, `REJ` refused, `S2`, `S3` closed by the client, by the server only, `RSTO`, `RSTR` ' +
        'reset by the client, by the server, `RSTOS0` SYN then RST by the client, `RSTRH` SYN-ACK then ' +
        'RST by the server, `SH` SYN then FIN by the client, `SHR` SYN-ACK then FIN by the server, `OTH` ' +
        'no SYN seen. Empty for what is not TCP.',
    },
    {
      name: 'handshake_us',
      field: 35,
      type: UINT32,
      zeros: 'times',
      codec: 'T64, ZSTD(1)',
      doc:
        "Microseconds from the first SYN to the client's first ACK of the SYN-ACK; 0 when the handshake " +
        'was not seen.',
    },
    {
      name: 'client_rtt_us',
      field: 51,
      type: UINT32,
      zeros: 'times',
      codec: 'T64, ZSTD(1)',
      whole: LEAST,
      doc:
        'Least time, in microseconds, from a segment of the server (or its SYN-ACK) to the acknowledgment ' +
        'of the client: the way from the mirror point to the client and back. Segments sent again are not ' +
        'timed. 0 where nothing was timed in the row.',
    },
    {
      name: 'server_rtt_us',
      field: 52,
      type: UINT32,
      zeros: 'times',
      codec: 'T64, ZSTD(1)',
      whole: LEAST,
      doc:
        'Least time from a segment of the client (or its SYN) to the acknowledgment of the server, ' +
        'likewise.',
    },
    {
      name: 'responses',
      field: 53,
      type: UINT32,
      zeros: 'times',
      codec: 'T64, ZSTD(1)',
      whole: SUM,
      doc: 'How often the server sent payload after the client had: questions that were answered.',
    },
    {
      name: 'response_us',
      field: 54,
      type: UINT64,
      zeros: 'times',
      codec: 'T64, ZSTD(1)',
      whole: SUM,
      doc:
        "Microseconds from the client's last payload before each answer to the answer's first payload, " +
        'added up: `response_us / responses` is the mean. A request that was sent again counts from then ' +
        'on, unless the server had acknowledged it.',
    },
    {
      name: 'response_us_max',
      field: 55,
      type: UINT32,
      zeros: 'times',
      codec: 'T64, ZSTD(1)',
      whole: { doc: 'The longest of its parts.' },
      doc: 'The longest of these times.',
    },
    {
      name: 'client_retransmits',
      field: 36,
      type: UINT32,
      zeros: 'trouble',
      whole: SUM,
      doc: 'TCP segments of the client that bring nothing new.',
    },
    {
      name: 'server_retransmits',
      field: 37,
      type: UINT32,
      zeros: 'trouble',
      whole: SUM,
      doc: 'TCP segments of the server that bring nothing new.',
    },
    {
      name: 'client_syn_retransmits',
      field: 56,
      type: UINT8,
      zeros: 'trouble',
      whole: SUM,
      doc: 'SYNs that the client sent again, 255 at most. They are among `client_retransmits`.',
    },
    {
      name: 'server_syn_retransmits',
      field: 57,
      type: UINT8,
      zeros: 'trouble',
      whole: SUM,
      doc: 'SYN-ACKs that the server sent again, likewise.',
    },
    {
      name: 'client_reordered',
      field: 58,
      type: UINT32,
      zeros: 'trouble',
      whole: SUM,
      doc:
        'TCP segments of the client that fill a gap: they were late, or were lost before the mirror point ' +
        'and sent again.',
    },
    {
      name: 'server_reordered',
      field: 59,
      type: UINT32,
      zeros: 'trouble',
      whole: SUM,
      doc: 'TCP segments of the server that fill a gap.',
    },
    {
      name: 'client_missing',
      field: 60,
      type: UINT64,
      zeros: 'trouble',
      whole: SUM,
      doc:
        "Bytes of the client's stream that never came, though later ones did. A receiver would have asked " +
        'for them again, so the mirror or the capture lost them.',
    },
    {
      name: 'server_missing',
      field: 61,
      type: UINT64,
      zeros: 'trouble',
      whole: SUM,
      doc: "Bytes of the server's stream that never came.",
    },
    {
      name: 'client_zero_windows',
      field: 62,
      type: UINT32,
      zeros: 'trouble',
      whole: SUM,
      doc: 'TCP segments with which the client says that it has no room for more (window 0), 65,535 at most.',
    },
    {
      name: 'server_zero_windows',
      field: 63,
      type: UINT32,
      zeros: 'trouble',
      whole: SUM,
      doc: 'TCP segments with which the server says that it has no room for more, likewise.',
    },
    {
      name: 'client_syn',
      field: 64,
      type: WORD,
      zeros: 'handshake',
      doc:
        "The client's SYN as p0f writes it: `mss:window,scale:options`, as in " +
        '`1460:64240,7:mss,sok,ts,nop,ws`. Of the options at most twelve. Empty where it was not seen with ' +
        'all of them.',
    },
    { name: 'server_syn', field: 65, type: WORD, zeros: 'handshake', doc: "The server's SYN-ACK, likewise." },
    {
      name: 'history',
      field: 66,
      type: WORD,
      zeros: 'handshake',
      doc:
        "What happened, in letters as in Zeek's `history`, each once, in the order first seen, at most " +
        'twelve; upper case where the client did it: `S` SYN, `H` SYN-ACK, `A` ACK without payload, `D` ' +
        'payload, `F` FIN, `R` RST, `T` retransmission, `W` window 0, `G` gap. A long conversation has all ' +
        'of it in each part.',
    },
    {
      name: 'icmp_type',
      field: 38,
      type: UINT8,
      zeros: 'icmp',
      doc: 'Type of the first ICMP or ICMPv6 message.',
    },
    {
      name: 'icmp_code',
      field: 39,
      type: UINT8,
      zeros: 'icmp',
      doc: 'Code of the first ICMP or ICMPv6 message.',
    },
    { name: 'client_ttl', field: 40, type: UINT8, doc: "TTL or hop limit of the client's first packet." },
    { name: 'server_ttl', field: 41, type: UINT8, doc: "TTL or hop limit of the server's first packet." },
    {
      name: 'dscp',
      field: 42,
      type: UINT8,
      zeros: 'rare',
      doc: 'Differentiated services code point of the first packet, 0 to 63.',
    },
    { name: 'fragments', field: 43, type: UINT32, zeros: 'rare', whole: SUM, doc: 'IP fragments.' },
    {
      name: 'truncated',
      field: 44,
      type: UINT32,
      zeros: 'rare',
      whole: SUM,
      doc: 'Frames the switch or the capture cut short. They count in full all the same.',
    },
    {
      name: 'duplicates',
      field: 45,
      type: UINT32,
      zeros: 'rare',
      whole: SUM,
      doc:
        'Frames seen a second time because the mirror sends what comes in and what goes out; not counted ' +
        'elsewhere.',
    },
    {
      name: 'app_protocol',
      field: 46,
      type: WORD,
      doc: 'The application, where its first bytes tell: `tls`, `http`, `dns`, `ssh`, …; else empty.',
    },
    {
      name: 'server_name',
      field: 67,
      type: TEXT,
      zeros: 'tls',
      whole: SAID,
      doc:
        'The host that the client asked for: TLS and QUIC server name, lower case, as sent. With ' +
        '`tls_ech` it may be the public name in front of another.',
    },
    {
      name: 'alpn',
      field: 68,
      type: WORD,
      zeros: 'tls',
      whole: SAID,
      doc:
        'Application protocols that the client offered (ALPN), in its order: `h2,http/1.1`. Other bytes ' +
        'than printable ASCII stand as `\\xNN`, here and in every text of a message.',
    },
    {
      name: 'alpn_chosen',
      field: 69,
      type: WORD,
      zeros: 'tls',
      whole: SAID,
      doc: 'The one that the server chose; empty from TLS 1.3 on, which encrypts it.',
    },
    {
      name: 'tls_version',
      field: 70,
      type: WORD,
      zeros: 'tls',
      whole: SAID,
      doc:
        'What the ServerHello chose: `SSL 2.0`, `SSL 3.0`, `TLS 1.0` to `TLS 1.3`, `DTLS 1.0`, `DTLS ' +
        '1.2`, `DTLS 1.3`; empty where none was seen.',
    },
    {
      name: 'tls_cipher',
      field: 71,
      type: WORD,
      zeros: 'tls',
      whole: SAID,
      doc: "The cipher suite it chose, under IANA's name: `TLS_AES_128_GCM_SHA256`.",
    },
    {
      name: 'tls_ech',
      field: 72,
      type: UINT8,
      zeros: 'tls',
      whole: ANY,
      doc:
        '1 where the client offered an encrypted ClientHello (ECH) or server name (ESNI), or only ' +
        'pretended to (GREASE looks the same); else 0.',
    },
    {
      name: 'tls_resumed',
      field: 73,
      type: UINT8,
      zeros: 'tls',
      whole: ANY,
      doc: '1 where an earlier TLS session was resumed, else 0.',
    },
    {
      name: 'tls_established',
      field: 74,
      type: UINT8,
      zeros: 'tls',
      whole: ANY,
      doc: '1 where the ClientHello was answered and encrypted data came from both sides, else 0.',
    },
    {
      name: 'tls_alert',
      field: 75,
      type: WORD,
      zeros: 'tls',
      whole: SAID,
      doc:
        'The first fatal alert in clear, else the first warning: level and name, ' +
        '`fatal:handshake_failure`; empty for none.',
    },
    {
      name: 'tls_us',
      field: 76,
      type: UINT32,
      zeros: 'tls',
      codec: 'T64, ZSTD(1)',
      whole: { doc: 'The longest of its parts.' },
      doc:
        "Microseconds from the ClientHello's first segment to the first encrypted record of the client " +
        "after the ServerHello: one round trip and the server's work; 0 where not seen.",
    },
    {
      name: 'quic_version',
      field: 77,
      type: WORD,
      zeros: 'tls',
      whole: SAID,
      doc: '`1`, `2`, `draft-29`, `Q046`, …; others in hex, `0xfaceb002`; empty for what is not QUIC.',
    },
    {
      name: 'ja4',
      field: 78,
      type: WORD,
      zeros: 'tls',
      whole: SAID,
      doc: 'JA4 of the ClientHello, over TCP, QUIC or DTLS: `t13d1516h2_8daaf6152771_e5627efa2ab1`.',
    },
    {
      name: 'hassh',
      field: 79,
      type: WORD,
      zeros: 'software',
      whole: SAID,
      doc: 'HASSH of the SSH client: MD5 of its algorithms, in hex.',
    },
    {
      name: 'hassh_server',
      field: 80,
      type: WORD,
      zeros: 'software',
      whole: SAID,
      doc: 'hasshServer of the SSH server, likewise.',
    },
    {
      name: 'client_software',
      field: 81,
      type: WORD,
      zeros: 'software',
      whole: SAID,
      doc:
        "What the client says it is: SSH's banner as sent, `SSH-2.0-OpenSSH_9.6`. HTTP's agents are in " +
        '`transactions`.',
    },
    {
      name: 'server_software',
      field: 82,
      type: WORD,
      zeros: 'software',
      whole: SAID,
      doc: "What the server says it is: SSH's banner, a database's version.",
    },
    {
      name: 'user_name',
      field: 83,
      type: WORD,
      zeros: 'software',
      whole: SAID,
      doc: 'The user who logged on first: `DOMAIN\\user` of NTLM, else as sent.',
    },
    {
      name: 'partial',
      field: 84,
      type: WORD,
      zeros: 'software',
      whole: { doc: 'As in `sessions`, of the first part that has one.' },
      doc:
        'Why its first messages were not read to their end: `cut` (the mirror or the capture cut the ' +
        'frame), `gap` (bytes are missing), `limit` (a bound was reached), `malformed` (the bytes break ' +
        'the protocol). The first reason stays; empty where there is none.',
    },
    ...endColumns(88),
    {
      name: 'policy',
      field: 100,
      type: WORD,
      zeros: 'ends',
      whole: LAST,
      doc:
        'The entry of `policies` that does not allow the conversation, `guests > accounting`; empty where ' +
        'it is allowed, or no entry is about it.',
    },
    {
      name: 'collector',
      field: 47,
      type: WORD,
      from: 'collector',
      doc: 'Name of the collector that saw it.',
    },
  ],
  derived: [
    {
      name: 'client',
      derived: 'String',
      doc: "The client's address as people write it, `10.0.0.1`; the MAC address of what is not IP.",
    },
    { name: 'server', derived: 'String', doc: "The server's address, likewise." },
    {
      name: 'community_id',
      derived: 'String',
      printedAfter: 'part',
      whole: { doc: 'As in `sessions`. Computed where it is asked for, and so by `SELECT *`.' },
      doc:
        '[Community ID](https://github.com/corelight/community-id-spec) version 1, seed 0, as Zeek and ' +
        'Suricata have it; empty for what is not IP.',
    },
  ],
};
