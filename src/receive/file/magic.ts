/** The first bytes of captures. */

/** Bytes of the start that are examined. */
export const MAGIC_LENGTH = 4;

const PCAP_MAGIC_US = 0xa1b2c3d4;
export const PCAP_MAGIC_NS = 0xa1b23c4d;
export const PCAP_MAGIC_KUZNETZOV = 0xa1b2cd34;
/** A section header block, which a pcapng file begins with. */
export const PCAPNG_MAGIC = 0x0a0d0d0a;
/** Identifies the byte order of a section, 8 bytes from its start. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

export type Compression = 'gzip' | 'zstd';

/**
 * The compression according to the first bytes (RFC 1952 section 2.3.1, RFC 8878 sections 3.1.1 and 3.1.2).
 */
export function compressionOf(head: Uint8Array): Compression | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd && head[0] === 0x28) return 'zstd';
  if ((head[0] & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18) return 'zstd';
  return undefined;
}

/** The format of a capture that begins with these bytes, undefined if it is none. */
export function formatNameOf(head: Uint8Array): 'pcap' | 'pcapng' | undefined {
  if (head.length < MAGIC_LENGTH) return undefined;
  const magic = new DataView(head.buffer, head.byteOffset).getUint32(0);
  if (magic === PCAPNG_MAGIC) return 'pcapng';
  return isPcapMagic(magic) || isPcapMagic(swap32(magic)) ? 'pcap' : undefined;
}

/** Whether it is the magic number of a classic capture, in the byte order in which it was read. */
export function isPcapMagic(magic: number): boolean {
  return magic === PCAP_MAGIC_US || magic === PCAP_MAGIC_NS || magic === PCAP_MAGIC_KUZNETZOV;
}

/** A number of 32 bits, written by a machine of the other byte order. */
function swap32(v: number): number {
  return ((v << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24)) >>> 0;
}
