/** One finding of the doctor: one line, and the command that fixes the problem. */
export interface Finding {
  /** `bad`: receiving or storing will fail or lose packets; `poor`: it may; `good`. */
  readonly state: 'good' | 'poor' | 'bad';
  /** What was checked: `privileges`, `eth1 offloads`, … */
  readonly subject: string;
  readonly text: string;
  readonly fix?: string;
}

export const good = (subject: string, text: string): Finding => ({ state: 'good', subject, text });
export const poor = (subject: string, text: string, fix?: string): Finding => ({
  state: 'poor',
  subject,
  text,
  ...(fix !== undefined && { fix }),
});
export const bad = (subject: string, text: string, fix?: string): Finding => ({
  state: 'bad',
  subject,
  text,
  ...(fix !== undefined && { fix }),
});
