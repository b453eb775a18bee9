/** Who is called what by a transaction or a session: docs/how-to/names-of-addresses.md, and why it is so. */

import { NAME_SOURCE_NAMES, NameSource, type NameSourceWord } from '../model/name-source.js';
import type { SessionRecord } from '../model/session-record.js';
import { Outcome } from '../model/told.js';
import type { TransactionRecord } from '../model/transaction-record.js';
import { NamesTable } from '../networks/names-table.js';
import { parseAddress } from '../wire/ip/addresses.js';
import { hostName, isOfHost } from './host-name.js';
import { reverseAddress } from './reverse-name.js';
import type { SeenNames } from './seen-names.js';

/** A copy of a conversation that another mirror point had before: it is counted there. */
const ABSENT_COPY = 255;
/** Applications whose server stands for another one: names that are said inside are not the server's. */
const PROXIED: ReadonlySet<string> = new Set(['http', 'socks']);

/** Takes names out of rows as they are made. Rows say only what is kept of applications. */
export class SaidNames {
  /** By NameSource: whether its names are kept. */
  private readonly enabled = NAME_SOURCE_NAMES.map(() => false);
  private file: NamesTable | undefined;
  private readonly address = new Uint8Array(16);

  constructor(
    private readonly seen: SeenNames,
    sources: readonly NameSourceWord[],
    file: SharedArrayBuffer | undefined,
  ) {
    this.set(sources, file);
  }

  /** @param file of `namesTable` */
  set(sources: readonly NameSourceWord[], file: SharedArrayBuffer | undefined): void {
    NAME_SOURCE_NAMES.forEach((word, i) => {
      this.enabled[i] = word !== '' && sources.includes(word);
    });
    this.file = file === undefined ? undefined : new NamesTable(file);
  }

  /** A row of `sessions`: the server's name in TLS, and both addresses in the file of names. */
  session(r: SessionRecord): void {
    if (isCopy(r.copy)) return;
    if (this.file !== undefined && this.enabled[NameSource.File] && r.ipVersion !== 0) {
      this.inFile(r, r.clientIp);
      this.inFile(r, r.serverIp);
    }
    // A name before an encrypted ClientHello may be that of a front which many share.
    if (r.serverName === '' || r.tlsEch !== 0 || r.tlsVersion === '') return;
    if (!this.enabled[NameSource.Tls] || PROXIED.has(r.appProtocol)) return;
    this.ofSession(r, r.serverIp, hostName(r.serverName), NameSource.Tls);
  }

  /** A row of `transactions`. @param hostPort the port that `name` is said with, 0: it is not the server's */
  transaction(r: TransactionRecord, hostPort: number): void {
    if (isCopy(r.copy) || r.outcome === Outcome.Unanswered || r.outcome === Outcome.Unasked) return;
    const isOk = r.outcome === Outcome.Ok;
    // A server that refuses what was asked for is of the name all the same.
    if (!isOk && r.appProtocol !== 'http' && r.appProtocol !== 'http2') return;
    switch (r.appProtocol) {
      case 'dns':
        if (this.enabled[NameSource.Dns]) this.dns(r, NameSource.Dns);
        return;
      case 'mdns':
        if (this.enabled[NameSource.Mdns]) this.dns(r, NameSource.Mdns);
        return;
      case 'llmnr':
        if (this.enabled[NameSource.Llmnr]) this.dns(r, NameSource.Llmnr);
        return;
      case 'dhcp':
        if (this.enabled[NameSource.Dhcp]) this.dhcp(r);
        return;
      case 'kerberos':
        if (this.enabled[NameSource.Kerberos]) this.kerberos(r);
        return;
      case 'smb':
        if (this.enabled[NameSource.Smb]) this.share(r);
        break;
      case 'http':
      case 'http2':
        if (this.enabled[NameSource.Http] && r.name !== '' && hostPort === r.serverPort)
          this.add(r, r.serverIp, 0, hostName(r.name), NameSource.Http);
    }
    if (isOk && this.enabled[NameSource.Ntlm])
      this.add(r, r.clientIp, 0, hostName(attribute(r, 'workstation')), NameSource.Ntlm);
  }

  /** Answers with addresses, and the names that addresses have. Only what was said of the question counts. */
  private dns(r: TransactionRecord, source: NameSource): void {
    if (r.status !== 'NOERROR') return;
    if (r.method === 'PTR' && reverseAddress(r.name, this.address)) {
      const name = attribute(r, 'ptr');
      const comma = name.indexOf(',');
      this.add(r, this.address, 0, hostName(comma < 0 ? name : name.slice(0, comma)), source);
      return;
    }
    if (r.answersCount === 0) return;
    const name = hostName(
      isOfAddresses(r.method) ? r.name : source === NameSource.Mdns ? hostOfService(r) : '',
    );
    if (name === '') return;
    for (let i = 0; i < r.answersCount; i++) this.add(r, r.answers, 16 * i, name, source);
    // A host answers for itself (RFC 4795, 2.3); what answers over mDNS may pass on what others say.
    if (source === NameSource.Llmnr && !holds(r.answers, r.answersCount, r.serverIp))
      this.add(r, r.serverIp, 0, name, source);
  }

  /** The name that a client gives itself: with the address that it has, is given, or asks for by an offer. */
  private dhcp(r: TransactionRecord): void {
    const name = hostName(r.name);
    if (name === '') return;
    switch (r.method) {
      case 'ACK':
        if (r.answersCount > 0) this.add(r, r.answers, 0, name, NameSource.Dhcp);
        else this.ofClientAddress(r, name);
        return;
      case 'REQUEST':
      case 'INFORM':
      case 'RELEASE':
        this.ofClientAddress(r, name);
    }
  }

  private ofClientAddress(r: TransactionRecord, name: string): void {
    const said = attribute(r, 'client_address');
    if (said !== '' && parseAddress(said, this.address, 0) === 4)
      this.add(r, this.address, 0, name, NameSource.Dhcp);
  }

  /** Computers have accounts of their own: `PC1$`, `host/pc1.example.com`. A service asked is there. */
  private kerberos(r: TransactionRecord): void {
    const { userName, method } = r;
    if (method === 'AP') {
      const slash = r.resource.indexOf('/');
      if (slash > 0) this.add(r, r.serverIp, 0, hostName(r.resource.slice(slash + 1)), NameSource.Kerberos);
      return;
    }
    if (userName.endsWith('$'))
      this.add(r, r.clientIp, 0, hostName(userName.slice(0, -1)), NameSource.Kerberos);
    else if (userName.startsWith('host/'))
      this.add(r, r.clientIp, 0, hostName(userName.slice(5)), NameSource.Kerberos);
  }

  /** The server of a share, `\\server\docs`. */
  private share(r: TransactionRecord): void {
    const { name } = r;
    if (r.method !== 'TREE_CONNECT' || !name.startsWith('\\\\')) return;
    const end = name.indexOf('\\', 2);
    if (end > 2) this.add(r, r.serverIp, 0, hostName(name.slice(2, end)), NameSource.Smb);
  }

  private inFile(r: SessionRecord, address: Uint8Array): void {
    const name = this.file?.find(address) ?? '';
    if (name !== '') this.ofSession(r, address, name, NameSource.File);
  }

  private ofSession(r: SessionRecord, address: Uint8Array, name: string, source: NameSource): void {
    if (name === '' || !isOfHost(address, 0)) return;
    const { seen } = this;
    seen.add(address, 0, r.vni, name, source, r.firstSeenSec, r.firstSeenNsec, r.lastSeenSec, r.lastSeenNsec);
  }

  private add(r: TransactionRecord, address: Uint8Array, o: number, name: string, source: NameSource): void {
    if (name === '' || !isOfHost(address, o)) return;
    const { timeSec, timeNsec } = r;
    this.seen.add(address, o, r.vni, name, source, timeSec, timeNsec, timeSec, timeNsec);
  }
}

function isCopy(copy: number): boolean {
  return copy !== 0 && copy !== ABSENT_COPY;
}

function isOfAddresses(method: string): boolean {
  return method === 'A' || method === 'AAAA' || method === 'ANY';
}

/** Of an announcement of services: the one host that all of them are at, `host.local:80`. */
function hostOfService(r: TransactionRecord): string {
  const said = attribute(r, 'srv');
  let host = '';
  for (let from = 0; from < said.length; ) {
    const comma = said.indexOf(',', from);
    const end = comma < 0 ? said.length : comma;
    const colon = said.lastIndexOf(':', end - 1);
    if (colon <= from) return '';
    const target = said.slice(from, colon);
    if (host !== '' && host !== target) return '';
    host = target;
    from = end + 1;
  }
  return host;
}

function attribute(r: TransactionRecord, name: string): string {
  for (let i = 0; i < r.attributesCount; i++) if (r.attributeNames[i] === name) return r.attributeValues[i];
  return '';
}

/** Whether one of `count` addresses of 16 bytes is this one. */
function holds(addresses: Uint8Array, count: number, address: Uint8Array): boolean {
  for (let i = 0; i < count; i++) {
    let k = 0;
    while (k < 16 && addresses[16 * i + k] === address[k]) k++;
    if (k === 16) return true;
  }
  return false;
}
