/** Parses entries of `policies`: which conversations of two roles are allowed. */
import { APPLICATION_NAMES } from '../model/application-names.js';
import { type AllowedTraffic, ANY_ROLE, type RolePolicy } from '../model/role-policy.js';
import { isIpTransport } from '../wire/transport/transport.js';
import { MOST_POLICIES } from './bounds.js';

export const ALLOW_WORDS =
  '`none`, `all`, or a list of transports (`icmp`), ports of servers (`tcp/443`, `tcp/8000-8100`) and ' +
  'applications (`dns`)';

const WITH_PORTS: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp', 'dccp', 'udplite']);
const LAST_PORT = 65_535;

/** `tcp/443`, `tcp/8000-8100`, `icmp`, `dns`; or what is wrong with it. */
export function parseAllowed(text: string): AllowedTraffic | string {
  const [, transport = '', ports, first = '', last = first] =
    /^([^/]*)(\/(\d+)(?:-(\d+))?)?$/.exec(text) ?? [];
  if (ports === undefined) {
    if (isIpTransport(text)) return { transport: text, firstPort: 0, lastPort: LAST_PORT };
    if (text !== '' && (APPLICATION_NAMES as readonly string[]).includes(text)) return { application: text };
    return `"${text}" is no transport, port or application: write icmp, tcp/443, tcp/8000-8100, dns`;
  }
  if (!WITH_PORTS.has(transport)) return `"${text}": ports are those of ${[...WITH_PORTS].join(', ')}`;
  const [firstPort, lastPort] = [Number(first), Number(last)];
  if (firstPort < 1 || lastPort > LAST_PORT || firstPort > lastPort)
    return `"${text}": ports are from 1 to ${LAST_PORT}, the smaller one first`;
  return { transport, firstPort, lastPort };
}

interface Mistake {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Entries that never decide anything, because an earlier one does. */
export function policyMistakes({ policies }: { readonly policies: readonly RolePolicy[] }): Mistake[] {
  if (policies.length > MOST_POLICIES) return [];
  return policies.flatMap(({ from, to }, i): Mistake[] => {
    const before = policies
      .slice(0, i)
      .find((p) => (p.from === ANY_ROLE || p.from === from) && (p.to === ANY_ROLE || p.to === to));
    if (before === undefined) return [];
    return [
      {
        path: ['policies', i],
        message: `never decides: the entry from ${before.from} to ${before.to} above is about all of it`,
      },
    ];
  });
}
