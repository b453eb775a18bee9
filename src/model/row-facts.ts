import type { SessionRecord } from './session-record.js';
import type { TransactionRecord } from './transaction-record.js';

/** Says of a row what is known of its two ends, before a sink gets it: columns that no packet has. */
export interface RowFacts {
  /** Fills clientNetwork to serverCountry, and policy. */
  session(r: SessionRecord): void;
  /**
   * Fills clientNetwork to serverCountry.
   *
   * @param vlans VLAN ids of the conversation, outermost first, `vlanCount` of them
   */
  transaction(r: TransactionRecord, vlans: Uint16Array, vlanCount: number): void;
}
