/** What somebody looks for, by what it looks like. */

export interface Sought {
  readonly to: string;
  readonly search: Readonly<Record<string, unknown>>;
}

const V4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const V6 = /^(?=.*:.*:)[0-9a-f:.]+$/i;
/** As hosts write it, and as switches do: `02:30:00:00:00:1e`, `02-30-…`, `0230.0000.001e`. */
const MAC = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^([0-9a-f]{4}\.){2}[0-9a-f]{4}$/i;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const COMMUNITY_ID = /^1:[A-Za-z0-9+/]{27}=$/;

/** Where to find it: a host, a network, a service, a session, or sessions with a name. */
export function sought(text: string): Sought {
  const sessions = (f: string): Sought => ({ to: '/sessions', search: { f: [f] } });
  if (COMMUNITY_ID.test(text)) return sessions(`community_id:${text}`);
  if (UUID.test(text)) return sessions(`session_id:${text.toLowerCase()}`);
  if (MAC.test(text)) return sessions(`mac:${octets(text)}`);
  const [address = '', length] = text.split('/');
  if (V4.test(address) || V6.test(address)) {
    const path = length === undefined ? address : `${address}/${length}`;
    return { to: `/hosts/${path}`, search: {} };
  }
  const service = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (service !== null && (V4.test(service[2] ?? '') || V6.test(service[1] ?? '')))
    return { to: `/services/${encodeURIComponent(text)}`, search: {} };
  if (/^:?\d{1,5}$/.test(text)) return sessions(`port:${text.replace(':', '')}`);
  if (/^[a-z_][a-z0-9_]*:/.test(text)) return sessions(text);
  return sessions(`server_name:*${text.replaceAll('*', '')}*`);
}

/** A MAC address as the store writes it. */
function octets(mac: string): string {
  const digits = mac.toLowerCase().replace(/[^0-9a-f]/g, '');
  return (digits.match(/../g) ?? []).join(':');
}
