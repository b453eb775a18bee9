/** Tells what is known of addresses that rows are about, by the facts that rows get when they are made. */
import { SessionRecord } from '../../model/session-record.js';
import type { AddressFacts } from '../../networks/address-facts.js';
import type { FactLine } from '../../store/networks/fact-lines.js';
import { parseAddress } from '../../wire/ip/addresses.js';

type Said = readonly [address: string, vni: number | string, vlans: string, ...facts: (string | number)[]];

export class Knower {
  private readonly record = new SessionRecord();

  /** @param owned whether there are files of owners */
  constructor(
    private readonly facts: AddressFacts,
    private readonly owned: boolean,
  ) {
    // Any version: what is not IP was left out.
    this.record.ipVersion = 6;
  }

  /**
   * @param line of what saidQuestion asks for
   * @returns what is known of its address; undefined: what rows say already
   */
  changed(line: string): FactLine | undefined {
    const [address, vni, vlans, network, role, site, asn = 0, asOrg = '', country = ''] = JSON.parse(
      line,
    ) as Said;
    const { record: r } = this;
    parseAddress(address, r.clientIp, 0);
    r.serverIp.set(r.clientIp);
    r.vni = Number(vni) < 0 ? null : Number(vni);
    const ids = vlans === '' ? [] : (JSON.parse(vlans) as number[]);
    r.vlanIdsCount = Math.min(ids.length, r.vlanIds.length);
    r.vlanIds.set(ids.slice(0, r.vlanIdsCount));
    this.facts.session(r);
    const same =
      r.clientNetwork === network &&
      r.clientRole === role &&
      r.clientSite === site &&
      (!this.owned || (r.clientAsn === asn && r.clientAsOrg === asOrg && r.clientCountry === country));
    if (same) return undefined;
    return [
      address,
      Number(vni),
      vlans,
      r.clientNetwork,
      r.clientRole,
      r.clientSite,
      r.clientAsn,
      r.clientAsOrg,
      r.clientCountry,
    ];
  }
}
