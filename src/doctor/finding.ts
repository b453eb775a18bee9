/** What the doctor found of one thing: one line, and the command that mends it. */
export interface Finding {
  /** `bad`: receiving or storing will fail or lose packets; `poor`: it may; `good`. */
  readonly state: 'good' | 'poor' | 'bad';
  /** What was looked at: `privileges`, `eth1 offloads`, … */
  readonly subject: string;
  readonly text: string;
  readonly mend?: string;
}

export const good = (subject: string, text: string): Finding => ({ state: 'good', subject, text });
export const poor = (subject: string, text: string, mend?: string): Finding => ({
  state: 'poor',
  subject,
  text,
  ...(mend !== undefined && { mend }),
});
export const bad = (subject: string, text: string, mend?: string): Finding => ({
  state: 'bad',
  subject,
  text,
  ...(mend !== undefined && { mend }),
});
