/** What went across between the two sides of a conversation, for its ladder. */
export interface LadderEvent {
  /** Microseconds since the first packet; undefined: not known. */
  readonly at: number | undefined;
  readonly from: 'client' | 'server';
  readonly label: string;
  /** Behind the label, in grey. */
  readonly note?: string;
  /** Whether something is wrong with it. */
  readonly bad?: boolean;
}
