/** Logs the health of tunnels when it changes. */

import { type TunnelStatus, tunnelTrouble } from '../../model/tunnel-status.js';
import type { Logger } from '../../observe/log.js';

interface Seen {
  readonly trouble: string;
  readonly mtu: number;
}

export class TunnelWatch {
  private seen = new Map<string, Seen>();

  constructor(private readonly log: Logger) {}

  look(tunnels: readonly TunnelStatus[]): void {
    const before = this.seen;
    this.seen = new Map();
    for (const t of tunnels) {
      const now = { trouble: tunnelTrouble(t), mtu: t.mtu };
      this.seen.set(t.name, now);
      this.tell(t, before.get(t.name), now);
    }
  }

  private tell(t: TunnelStatus, before: Seen | undefined, now: Seen): void {
    const { trouble, mtu } = now;
    if (trouble !== (before?.trouble ?? '')) {
      if (trouble !== '') this.log.warn(`tunnel ${t.name}: ${trouble}`);
      else this.log.info(`tunnel ${t.name}: up again, MTU ${mtu}`);
    } else if (trouble !== '' || mtu === before?.mtu) return;
    else if (before === undefined) this.log.info(`tunnel ${t.name}: ${t.mode} to ${t.remote}, MTU ${mtu}`);
    else this.log.info(`tunnel ${t.name}: MTU ${mtu}, before ${before.mtu}`);
  }
}
