/** Judges conversations by `policies`: what clients of a role may do at servers of a role. */
import { type AllowedTraffic, ANY_ROLE, type RolePolicy } from '../model/role-policy.js';
import type { SessionRecord } from '../model/session-record.js';

interface Entry {
  readonly policy: RolePolicy;
  readonly at: number;
  /** As the column `policy` says it. */
  readonly name: string;
}

/** Of a role that has no entry of its own. */
const NONE: ReadonlyMap<string, Entry> = new Map();

export class RolePolicies {
  /** By the role of clients, then of servers. */
  private readonly entries = new Map<string, Map<string, Entry>>();

  /** @param policies in the order of the configuration: the first whose roles match decides */
  constructor(policies: readonly RolePolicy[]) {
    for (const [at, policy] of policies.entries()) {
      const { from, to } = policy;
      const byServer = this.entries.get(from) ?? new Map<string, Entry>();
      this.entries.set(from, byServer);
      if (!byServer.has(to)) byServer.set(to, { policy, at, name: policyName(policy) });
    }
  }

  /**
   * The entry that does not allow a conversation, `guests > accounting`; '' if it is allowed, or no entry is
   * about it.
   *
   * Where no SYN says which end of a TCP connection is the client, it may be the other one. What an entry
   * allows the other way round is therefore allowed.
   *
   * @param r with its roles
   */
  judge(r: SessionRecord): string {
    // What is not IP has no networks.
    if (r.ipVersion === 0) return '';
    const { clientRole, serverRole, clientPort, serverPort } = r;
    const entry = this.about(clientRole, serverRole);
    if (entry === undefined || isAllowed(entry, r, serverPort)) return '';
    if (r.transport === 'tcp' && !r.clientIsSure) {
      const turned = this.about(serverRole, clientRole);
      if (turned !== undefined && isAllowed(turned, r, clientPort)) return '';
    }
    return entry.name;
  }

  /** The first entry whose roles match. */
  private about(from: string, to: string): Entry | undefined {
    const own = this.entries.get(from) ?? NONE;
    const any = this.entries.get(ANY_ROLE) ?? NONE;
    return earlier(earlier(own.get(to), own.get(ANY_ROLE)), earlier(any.get(to), any.get(ANY_ROLE)));
  }
}

/** The name of an entry in the column `policy`. */
export function policyName({ from, to }: RolePolicy): string {
  return `${from} > ${to}`;
}

function earlier(a: Entry | undefined, b: Entry | undefined): Entry | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.at < b.at ? a : b;
}

/** @param port of the server */
function isAllowed({ policy: { allow } }: Entry, r: SessionRecord, port: number): boolean {
  if (typeof allow === 'string') return allow === 'all';
  for (let i = 0; i < allow.length; i++) if (matches(allow[i], r, port)) return true;
  return false;
}

function matches(traffic: AllowedTraffic, r: SessionRecord, port: number): boolean {
  if ('application' in traffic) return r.appProtocol === traffic.application;
  const { transport, firstPort, lastPort } = traffic;
  if (r.transport !== transport && !(transport === 'icmp' && r.transport === 'icmp6')) return false;
  return port >= firstPort && port <= lastPort;
}

/**
 * What to tell of roles in policies that no network has: a policy with one is about nothing.
 *
 * @returns '' where there are none
 */
export function rolesNowhere(policies: readonly RolePolicy[], roles: ReadonlySet<string>): string {
  const named = new Set(policies.flatMap(({ from, to }) => [from, to]));
  const nowhere = [...named].filter((role) => role !== ANY_ROLE && !roles.has(role));
  return nowhere.length === 0 ? '' : `policies: no network has the role ${nowhere.join(', ')}`;
}
