/** What `read --ndjson` can print. */
export const NDJSON_KINDS = ['sessions', 'packets', 'mirrors', 'tunnels'] as const;
export type NdjsonKind = (typeof NDJSON_KINDS)[number];
