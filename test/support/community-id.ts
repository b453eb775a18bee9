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
  const text = new Uint8Array(64);
  const end = writeCommunityId(
    new DataView(text.buffer),
    3,
    ipVersion,
    source,
    destination,
    protocol,
    sourcePort,
    destinationPort,
  );
  return Buffer.from(text.subarray(3, end)).toString('latin1');
}
