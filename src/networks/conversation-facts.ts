/** What rows say of the two ends of their conversations, and whether that was allowed. */
import type { NameSourceWord } from '../model/name-source.js';
import type { RolePolicy } from '../model/role-policy.js';
import type { RowFacts } from '../model/row-facts.js';
import type { SessionRecord } from '../model/session-record.js';
import type { TransactionRecord } from '../model/transaction-record.js';
import { AddressFacts, type FactCounters } from './address-facts.js';
import type { KnownNetworks } from './known-networks.js';
import { RolePolicies } from './role-policies.js';

/** Plain data that threads are posted. */
export interface Knowledge {
  readonly known: KnownNetworks;
  readonly policies: readonly RolePolicy[];
  /** Which names of addresses are kept. */
  readonly names: readonly NameSourceWord[];
}

export class ConversationFacts implements RowFacts {
  private readonly addresses: AddressFacts;
  private readonly policies: RolePolicies | undefined;

  /** @returns undefined where nothing is known, which costs nothing */
  static of({ known, policies }: Omit<Knowledge, 'names'>): ConversationFacts | undefined {
    const isKnown = known.networks !== undefined || known.owners.length > 0;
    return isKnown || policies.length > 0 ? new ConversationFacts(known, policies) : undefined;
  }

  private constructor(known: KnownNetworks, policies: readonly RolePolicy[]) {
    this.addresses = new AddressFacts(known);
    if (policies.length > 0) this.policies = new RolePolicies(policies);
  }

  get counters(): FactCounters {
    return this.addresses.counters;
  }

  session(r: SessionRecord): void {
    this.addresses.session(r);
    if (this.policies !== undefined) r.policy = this.policies.judge(r);
  }

  transaction(r: TransactionRecord, vlans: Uint16Array, vlanCount: number): void {
    this.addresses.transaction(r, vlans, vlanCount);
  }
}
