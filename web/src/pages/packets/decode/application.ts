/** What an application says in one packet. */

import { modbus, mysql, postgresql, redis } from './databases.js';
import { dns } from './dns.js';
import { head, textLines } from './http.js';
import { Sheet } from './layer.js';
import { dhcp, kerberos, ldap, ntp, radius, rtp, smb, snmp } from './services.js';
import { dtls, quic, tls } from './tls.js';
import { bytesOf, hexBytes, isText, text } from './words.js';

/** What is known of the conversation that a payload is of. */
export interface Context {
  /** The word of `app_protocol`, '' for none. */
  readonly app: string;
  readonly isTcp: boolean;
  /** Who sent it; undefined where that is not known. */
  readonly fromClient: boolean | undefined;
}

interface Application {
  readonly name: string;
  /** @returns whether a message of it begins here */
  readonly read: (s: Sheet, context: Context) => boolean;
}

/** Names of applications of which only lines of text are shown. */
const TEXT: Readonly<Record<string, string>> = {
  ftp: 'FTP',
  imap: 'IMAP',
  memcached: 'memcached',
  pop3: 'POP3',
  smtp: 'SMTP',
  ssh: 'SSH',
  syslog: 'syslog',
  telnet: 'Telnet',
  xmpp: 'XMPP',
};

const READERS: Readonly<Record<string, Application>> = {
  dhcp: { name: 'DHCP', read: dhcp },
  dns: { name: 'DNS', read: (s, { isTcp }) => dns(s, isTcp) },
  dtls: { name: 'DTLS', read: dtls },
  http: { name: 'HTTP', read: (s) => head(s, 'HTTP') },
  kerberos: { name: 'Kerberos', read: (s, { isTcp }) => kerberos(s, isTcp) },
  ldap: { name: 'LDAP', read: ldap },
  llmnr: { name: 'LLMNR', read: (s, { isTcp }) => dns(s, isTcp) },
  mdns: { name: 'mDNS', read: (s, { isTcp }) => dns(s, isTcp) },
  modbus: { name: 'Modbus', read: modbus },
  mysql: { name: 'MySQL', read: (s, { fromClient }) => mysql(s, fromClient) },
  ntp: { name: 'NTP', read: ntp },
  postgresql: { name: 'PostgreSQL', read: (s, { fromClient }) => postgresql(s, fromClient) },
  quic: { name: 'QUIC', read: quic },
  radius: { name: 'RADIUS', read: radius },
  redis: { name: 'Redis', read: redis },
  rtp: { name: 'RTP', read: rtp },
  rtsp: { name: 'RTSP', read: (s) => head(s, 'RTSP') },
  sip: { name: 'SIP', read: (s) => head(s, 'SIP') },
  smb: { name: 'SMB', read: smb },
  snmp: { name: 'SNMP', read: snmp },
  ssdp: { name: 'SSDP', read: (s) => head(s, 'HTTP') },
  tls: { name: 'TLS', read: tls },
};

/** What a payload is, where the conversation does not say: their first bytes leave little doubt. */
const BY_CONTENT: readonly string[] = ['http', 'tls'];

/** The layer of a payload: its application's, or data. */
export function application(b: Uint8Array, at: number, end: number, context: Context): Sheet {
  const known = READERS[context.app];
  for (const { name, read } of known === undefined ? guesses(context) : [known]) {
    const s = new Sheet('app', name, b, at, end);
    if (read(s, context)) return s;
  }
  const s = new Sheet('app', known?.name ?? TEXT[context.app] ?? 'Data', b, at, end);
  if (isText(b, at, end) && known === undefined) {
    textLines(s);
    s.detail = bytesOf(end - at);
    return s;
  }
  // The middle of something that began in another packet, or what nobody reads.
  s.field('data', at, end - at, () => (isText(b, at, end) ? text(b, at, end, 80) : hexBytes(b, at, end)));
  s.detail = bytesOf(end - at);
  return s;
}

function guesses({ app, isTcp }: Context): readonly Application[] {
  return app === '' && isTcp ? BY_CONTENT.map((name) => READERS[name]!) : [];
}
