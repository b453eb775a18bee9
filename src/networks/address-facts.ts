/**
 * What is known of the two ends of a row: the network, role and site, the AS and the country.
 *
 * To find it takes microseconds, which most rows do not: most addresses were asked for lately. What was found
 * is remembered by address, and by VLAN ids and VNI where these make a difference, in a table of fixed size:
 * each address has WAYS places that it may take. A full set gives up what nobody asked for again since it
 * last had to, so that a scan of many addresses displaces other scanned ones first.
 */
import { randomBytes } from 'node:crypto';
import type { SessionRecord } from '../model/session-record.js';
import type { TransactionRecord } from '../model/transaction-record.js';
import { i32 } from '../wire/bytes.js';
import { HASH_SECRET, KeyedHash } from '../wire/keyed-hash.js';
import type { KnownNetworks } from './known-networks.js';
import { NetworkTable } from './network-table.js';
import { type Owner, Owners } from './owners.js';

/** Addresses remembered by each thread, unless said otherwise. */
export const REMEMBERED = 1 << 18;
const WAYS = 4;

/** Words of 32 bits in a key: the address; and where networks have keys, the VNI and the VLAN ids. */
const ADDRESS_WORDS = 4;
const MOST_VLANS = 8;
const KEYED_WORDS = ADDRESS_WORDS + 2 + MOST_VLANS / 2;
const WITH_VNI = 0x100;

/** States of a place. */
const FREE = 0;
const TAKEN = 1;
/** Taken, and asked for again since. */
const ASKED = 2;

export interface FactCounters {
  /** Addresses asked for, two per row. */
  lookups: number;
  /** Those that were not remembered. */
  cold: number;
  /** Records of the owners' files that could not be read. */
  damaged: number;
}

export class AddressFacts {
  private readonly hash = new KeyedHash(randomBytes(HASH_SECRET));
  private readonly table: NetworkTable | undefined;
  private readonly owners: Owners | undefined;
  private readonly hasVlans: boolean;
  private readonly hasVnis: boolean;
  private readonly width: number;
  private readonly key: Int32Array;
  /** Per place: its key, and what is known. */
  private readonly keys: Int32Array;
  private readonly states: Uint8Array;
  private readonly networks: string[];
  private readonly roles: string[];
  private readonly sites: string[];
  private readonly asns: Uint32Array;
  private readonly asOrgs: string[];
  private readonly countries: string[];
  /** Per set: which of its places is looked at first when one has to be given up. */
  private readonly hands: Uint8Array;
  private readonly owner: Owner = { asn: 0, asOrg: '', country: '' };
  private lookups = 0;
  private cold = 0;

  /** @param remembered addresses that there is room for: a power of two, at least 4 */
  constructor(known: KnownNetworks, remembered = REMEMBERED) {
    if (known.networks !== undefined) this.table = new NetworkTable(known.networks);
    if (known.owners.length > 0) this.owners = new Owners(known.owners);
    this.hasVlans = this.table?.hasVlans ?? false;
    this.hasVnis = this.table?.hasVnis ?? false;
    this.width = this.hasVlans || this.hasVnis ? KEYED_WORDS : ADDRESS_WORDS;
    const places = this.table === undefined && this.owners === undefined ? 0 : remembered;
    this.key = new Int32Array(this.width);
    this.keys = new Int32Array(places * this.width);
    this.states = new Uint8Array(places);
    this.networks = new Array<string>(places).fill('');
    this.roles = this.networks.slice();
    this.sites = this.networks.slice();
    this.asns = new Uint32Array(places);
    this.asOrgs = this.networks.slice();
    this.countries = this.networks.slice();
    this.hands = new Uint8Array(places / WAYS);
  }

  get counters(): FactCounters {
    return { lookups: this.lookups, cold: this.cold, damaged: this.owners?.damaged ?? 0 };
  }

  /** Fills what a session's row says of its two ends: clientNetwork to serverCountry. */
  session(r: SessionRecord): void {
    // What is not IP has no addresses.
    if (this.states.length === 0 || r.ipVersion === 0) forget(r);
    else this.fill(r, r.vlanIds, r.vlanIdsCount);
  }

  /**
   * The same of a transaction.
   *
   * @param vlans VLAN ids of the conversation, outermost first, `vlanCount` of them, at most 8
   */
  transaction(r: TransactionRecord, vlans: Uint16Array, vlanCount: number): void {
    if (this.states.length === 0) forget(r);
    else this.fill(r, vlans, vlanCount);
  }

  private fill(r: SessionRecord | TransactionRecord, vlans: Uint16Array, vlanCount: number): void {
    let p = this.place(r.clientIp, vlans, vlanCount, r.vni);
    r.clientNetwork = this.networks[p];
    r.clientRole = this.roles[p];
    r.clientSite = this.sites[p];
    r.clientAsn = this.asns[p];
    r.clientAsOrg = this.asOrgs[p];
    r.clientCountry = this.countries[p];
    p = this.place(r.serverIp, vlans, vlanCount, r.vni);
    r.serverNetwork = this.networks[p];
    r.serverRole = this.roles[p];
    r.serverSite = this.sites[p];
    r.serverAsn = this.asns[p];
    r.serverAsOrg = this.asOrgs[p];
    r.serverCountry = this.countries[p];
  }

  /** The place that has what is known of an address. */
  private place(address: Uint8Array, vlans: Uint16Array, vlanCount: number, vni: number | null): number {
    const { key, width, states } = this;
    for (let w = 0; w < ADDRESS_WORDS; w++) key[w] = i32(address, w * 4);
    if (width !== ADDRESS_WORDS) this.addKeys(vlans, vlanCount, vni);
    this.lookups++;
    const set = this.hash.words(key, width, 0) & (this.hands.length - 1);
    const first = set * WAYS;
    for (let p = first; p < first + WAYS; p++) {
      if (states[p] === FREE || !this.isOf(p)) continue;
      states[p] = ASKED;
      return p;
    }
    const p = this.freed(set);
    this.learn(p, address, vlans, vlanCount, vni);
    return p;
  }

  /** Adds to the key what networks are told apart by. */
  private addKeys(vlans: Uint16Array, vlanCount: number, vni: number | null): void {
    const { key } = this;
    const count = this.hasVlans ? vlanCount : 0;
    const number = this.hasVnis ? vni : null;
    key[ADDRESS_WORDS] = number === null ? count : count | WITH_VNI;
    key[ADDRESS_WORDS + 1] = number ?? 0;
    for (let v = 0; v < MOST_VLANS; v += 2) {
      const outer = v < count ? vlans[v] : 0;
      const inner = v + 1 < count ? vlans[v + 1] : 0;
      key[ADDRESS_WORDS + 2 + v / 2] = outer | (inner << 16);
    }
  }

  private isOf(p: number): boolean {
    const { key, keys, width } = this;
    const base = p * width;
    // The last word of an address differs most often.
    if (keys[base + ADDRESS_WORDS - 1] !== key[ADDRESS_WORDS - 1]) return false;
    for (let w = 0; w < width; w++) if (keys[base + w] !== key[w]) return false;
    return true;
  }

  /** A place of a set that may be taken: a free one, or one that was not asked for again. */
  private freed(set: number): number {
    const { states, hands } = this;
    for (;;) {
      const p = set * WAYS + hands[set];
      hands[set] = (hands[set] + 1) & (WAYS - 1);
      if (states[p] !== ASKED) return p;
      states[p] = TAKEN;
    }
  }

  /** Looks an address up, and remembers what is known of it. */
  private learn(
    p: number,
    address: Uint8Array,
    vlans: Uint16Array,
    vlanCount: number,
    vni: number | null,
  ): void {
    const { table, owner } = this;
    this.cold++;
    this.states[p] = TAKEN;
    this.keys.set(this.key, p * this.width);
    if (table !== undefined) {
      const network = table.find(address, vlans, vlanCount, vni);
      this.networks[p] = table.name(network);
      this.roles[p] = table.role(network);
      this.sites[p] = table.site(network);
    }
    if (this.owners !== undefined) {
      this.owners.find(address, owner);
      this.asns[p] = owner.asn;
      this.asOrgs[p] = owner.asOrg;
      this.countries[p] = owner.country;
    }
  }
}

/** Says nothing of both ends: records are reused. */
function forget(r: SessionRecord | TransactionRecord): void {
  r.clientNetwork = '';
  r.clientRole = '';
  r.clientSite = '';
  r.clientAsn = 0;
  r.clientAsOrg = '';
  r.clientCountry = '';
  r.serverNetwork = '';
  r.serverRole = '';
  r.serverSite = '';
  r.serverAsn = 0;
  r.serverAsOrg = '';
  r.serverCountry = '';
}
