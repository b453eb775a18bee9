/** Conversations that a policy does not allow: the view `policy_violations`, under any condition. */
import { conversations, FAILED, measuresOf, written } from './measures.js';
import type { Source } from './tables.js';

/**
 * By policy and the two networks.
 *
 * @returns rows of policy, client_network, server_network, conversations, clients, servers, failed, bytes,
 * until, of_all
 */
export function policiesStatement(source: Source, limit: number): string {
  const { bytes } = measuresOf(source);
  return (
    'SELECT t.policy AS policy, t.client_network AS client_network, t.server_network AS server_network,\n' +
    `  ${conversations()} AS conversations, uniqExact(t.client_ip) AS clients,\n` +
    '  uniqExact(t.server_ip) AS servers,\n' +
    `  ${conversations(`tcp_state IN ${FAILED}`)} AS failed, ${bytes} AS bytes,\n` +
    "  formatDateTime(max(t.last_seen), '%FT%T.%fZ') AS until, count() OVER () AS of_all\n" +
    `FROM ${source.from}\nWHERE ${source.where}\n  AND t.policy != ''\n` +
    'GROUP BY policy, client_network, server_network\n' +
    `ORDER BY conversations DESC, policy, client_network, server_network\nLIMIT ${limit}`
  );
}

/** Of each policy that is broken, by whom most. @returns rows of broken, conversations, clients, servers … */
export function brokenStatement({ from, where }: Source, limit: number): string {
  return (
    `SELECT t.policy AS broken, ${conversations()} AS conversations,\n` +
    '  uniqExact(t.client_ip) AS clients, uniqExact(t.server_ip) AS servers,\n' +
    `  ${conversations(`tcp_state IN ${FAILED}`)} AS failed,\n` +
    `  ${written('topK(1)(t.client_ip)[1]')} AS most, min(t.first_seen) AS since\n` +
    `FROM ${from}\nWHERE ${where}\n  AND t.policy != ''\n` +
    `GROUP BY broken\nORDER BY conversations - failed DESC, conversations DESC, broken\nLIMIT ${limit}`
  );
}
