/** What stands out of a host, each with a way on. */
import { Link } from '@tanstack/react-router';
import { Ban, Gauge, type LucideIcon, Radar } from 'lucide-react';
import type { HostFinding } from '../../../../src/console/contract/hosts.js';
import { useCarried } from '../../app/frame.js';
import { clock } from '../../format/times.js';
import { Icon } from '../../parts/icon.js';

const ICONS: Readonly<Record<HostFinding['kind'], { readonly icon: LucideIcon; readonly tone: string }>> = {
  refuses: { icon: Ban, tone: 'bad' },
  slow: { icon: Gauge, tone: 'warn' },
  scanned: { icon: Radar, tone: 'bad' },
  scans: { icon: Radar, tone: 'bad' },
};

export function HostFindings({ rows }: { readonly rows: readonly HostFinding[] }) {
  const carried = useCarried();
  return rows.map(({ kind, title, text, at, f, service }) => (
    <div key={`${kind} ${title}`} className="note">
      <span className={ICONS[kind].tone}>
        <Icon of={ICONS[kind].icon} />
      </span>
      <div>
        <b>{title}</b>
        <p>
          {text}
          {at !== null && `, from ${clock(Date.parse(at)).slice(0, 8)}`}
        </p>
      </div>
      {service === null ? (
        <Link to={'/sessions' as string} search={{ ...carried, f } as never} className="go l">
          Sessions
        </Link>
      ) : (
        <Link
          to={'/services/$service' as string}
          params={{ service } as never}
          search={carried as never}
          className="go l"
        >
          Service
        </Link>
      )}
    </div>
  ));
}
