import { writeCommunityId } from '../../src/store/ndjson/community-id.js';

/** The Community ID of a conversation as a string. */
export function communityId(
  ipVersion: number,
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  sourcePort: number,
  destinationPort: number,
): string {
  const text = Buffer.alloc(64);
  const end = writeCommunityId(
    text,
    3,
    ipVersion,
    source,
    destination,
    protocol,
    sourcePort,
    destinationPort,
  );
  return text.toString('latin1', 3, end);
}
