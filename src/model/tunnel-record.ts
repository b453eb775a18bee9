import { TunnelFields } from './columns/fields.js';

/**
 * One row of the `tunnels` table: what one tunnel carried in one minute. Counters are those of Linux's
 * rtnl_link_stats64 (include/uapi/linux/if_link.h) that its tunnels use, each the increase within the minute.
 * The object is reused: a sink encodes or copies what it needs before it returns.
 */
export class TunnelRecord extends TunnelFields {}

/** Where the tunnels' minutes go. */
export interface TunnelSink {
  tunnel(record: TunnelRecord): void;
}
