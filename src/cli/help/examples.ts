/** The examples of the man page. A test runs those that need neither a network nor privileges. */

export interface Example {
  /** What it does, as a sentence. */
  readonly what: string;
  /** Lines for a shell; a line that ends with `\` continues on the next. */
  readonly lines: readonly string[];
}

export const EXAMPLES: readonly Example[] = [
  {
    what: 'Turn a capture of a mirror into sessions in ./data, and ask who talked most:',
    lines: [
      'mirrorlake read capture.pcap',
      'mirrorlake query "SELECT client, server, server_port, \\',
      '    sum(client_bytes + server_bytes) AS bytes FROM sessions \\',
      '    GROUP BY ALL ORDER BY bytes DESC LIMIT 10"',
    ],
  },
  {
    what: 'Find the connections of an address that failed (addresses are text, in quotes):',
    lines: [
      'mirrorlake query "SELECT first_seen, server, server_port, tcp_state \\',
      "    FROM sessions WHERE client_ip = '10.20.0.26' \\",
      "    AND tcp_state IN ('S0', 'REJ')\"",
    ],
  },
  {
    what: 'Print sessions instead of storing them, one JSON object a line:',
    lines: ['mirrorlake read capture.pcap --ndjson | head -1'],
  },
  {
    what: 'Keep packets as well, and hand those of some sessions to Wireshark:',
    lines: [
      'mirrorlake read capture.pcap --store kept --packets all',
      'mirrorlake export --store kept --output found.pcapng \\',
      '    --where "client_ip = \'10.20.0.26\' AND server_port = 445"',
    ],
  },
  {
    what: 'Receive what switches mirror to this host, and see what arrives and what was lost:',
    lines: ['mirrorlake doctor --interface eth0', 'mirrorlake collect --interface eth0', 'mirrorlake status'],
  },
  {
    what: 'End a GRE tunnel in a TUN device, with no store:',
    lines: [
      'mirrorlake collect --store none --tunnel \\',
      "    'Tunnel-1 mode gre remote 192.168.0.107 local 192.168.0.106'",
    ],
  },
  {
    what: "Mirror this host's traffic to a collector, but not its own SSH:",
    lines: [
      'mirrorlake mirror --interface eth0 --to 192.0.2.10 --session 10 \\',
      "    --filter 'not tcp port 22'",
    ],
  },
];
