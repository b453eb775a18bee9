import { Outcome, Told } from '../../model/told.js';
import { i32, u32 } from '../../wire/bytes.js';
import { LONGEST_RESOURCE } from '../engine/texts.js';
import type { Question } from '../question.js';
import { type Dialogue, type Reader, STATELESS } from '../reader.js';
import { hexWord, ipv4Word, macWord, trimmed } from '../words.js';
import { Code, Options } from './options.js';

/** DHCPDISCOVER is 1 (RFC 2132, 9.6; RFC 3203; RFC 4388; RFC 6926; RFC 7724). */
const TYPES = [
  '',
  'DISCOVER',
  'OFFER',
  'REQUEST',
  'DECLINE',
  'ACK',
  'NAK',
  'RELEASE',
  'INFORM',
  'FORCERENEW',
  'LEASEQUERY',
  'LEASEUNASSIGNED',
  'LEASEUNKNOWN',
  'LEASEACTIVE',
  'BULKLEASEQUERY',
  'LEASEQUERYDONE',
  'ACTIVELEASEQUERY',
  'LEASEQUERYSTATUS',
  'TLS',
];
const DECLINE = 4;
const NAK = 6;

const REPLY = 2;
/** Where fields are (RFC 2131, section 2): op, htype, hlen, hops, xid, secs, flags, ciaddr, yiaddr, … */
const XID = 4;
const CLIENT_ADDRESS = 12;
const YOUR_ADDRESS = 16;
const RELAY = 24;
const HARDWARE = 28;
const HARDWARE_LENGTH = 16;
/** The shortest message: all fields, without options (RFC 951). */
const SHORTEST = 236;
/** A client's name (RFC 4702, 2.1): flags and two bytes before it; whether it is in DNS form. */
const NAME_AT = 3;
const IN_DNS_FORM = 0x04;

/**
 * Reads DHCP over IPv4. A row is one message: answers go to other conversations than their questions, and
 * `xid` holds them together.
 */
export class DhcpReader implements Reader {
  private readonly options = new Options();

  newState() {
    return STATELESS;
  }

  datagram(d: Dialogue, b: Uint8Array, o: number, end: number): void {
    if (d.ending === '' && end - o < SHORTEST) {
      d.tell(Told.Partial, 'malformed');
      return;
    }
    if (end - o < HARDWARE + HARDWARE_LENGTH) return;
    d.sentByClient(b[o] !== REPLY);
    const q = d.row();
    const { texts } = d;
    const hardware = o + HARDWARE;
    const length = Math.min(b[o + 2], HARDWARE_LENGTH);
    if (length > 0) q.attribute('client_mac', macWord(texts, b, hardware, hardware + length));
    q.attribute('xid', hexWord(texts, b, o + XID));
    if (i32(b, o + RELAY) !== 0) q.attribute('relay', ipv4Word(texts, b, o + RELAY));
    if (i32(b, o + YOUR_ADDRESS) !== 0) q.address(b, o + YOUR_ADDRESS, 4);
    const has = i32(b, o + CLIENT_ADDRESS) !== 0;
    if (has) q.attribute('client_address', ipv4Word(texts, b, o + CLIENT_ADDRESS));
    if (!this.options.open(b, o, end)) return;
    this.readOptions(d, q);
    if (this.options.broken && q.partial === '') q.partial = 'malformed';
  }

  private readOptions(d: Dialogue, q: Question): void {
    const { options } = this;
    const { texts } = d;
    const { value } = options;
    if (options.find(Code.MessageType) && options.length > 0) {
      const type = value[0];
      q.method = TYPES[type] ?? `TYPE${type}`;
      if (type === NAK || type === DECLINE) q.outcome = Outcome.ClientError;
    }
    // What a client asks a server for that has offered it; else it asks for what it had, maybe elsewhere.
    if (options.find(Code.Server) && options.find(Code.RequestedAddress) && options.length >= 4)
      q.attribute('client_address', ipv4Word(texts, value, 0));
    if (options.find(Code.HostName)) q.name = texts.utf8(value, 0, trimmed(value, 0, options.length));
    if (q.name === '' && options.find(Code.ClientName) && options.length > NAME_AT) q.name = this.name(d);
    if (options.find(Code.Lease) && options.length >= 4) q.ttl = u32(value, 0);
    if (options.find(Code.Parameters)) {
      texts.begin();
      for (let i = 0; i < options.length; i++) {
        if (i > 0) texts.add(0x2c);
        texts.addNumber(value[i]);
      }
      q.attribute('parameters', texts.take(LONGEST_RESOURCE));
    }
    if (options.find(Code.VendorClass))
      q.attribute('vendor_class', texts.ascii(value, 0, trimmed(value, 0, options.length)));
  }

  /** The name of option 81, as text or as labels of DNS. */
  private name(d: Dialogue): string {
    const { value, length } = this.options;
    if ((value[0] & IN_DNS_FORM) === 0) return d.texts.utf8(value, NAME_AT, trimmed(value, NAME_AT, length));
    d.texts.begin();
    for (let o = NAME_AT; o < length && value[o] !== 0 && value[o] < 0x40; o += 1 + value[o]) {
      if (o > NAME_AT) d.texts.add(0x2e);
      d.texts.addBytes(value, o + 1, Math.min(o + 1 + value[o], length));
    }
    return d.texts.take();
  }
}
