/** Checks the tree and the values of a MaxMind DB file, once, so that look-ups need not. */
import { UsageError } from '../model/errors.js';
import { type MmdbFile, SEPARATOR_BYTES } from './mmdb-file.js';
import { ValueCheck } from './mmdb-values.js';

/**
 * Every record of the tree points to a node or into the values, every way through it ends within the bits of
 * an address, and every value that it points to is well (see ValueCheck). Takes time in proportion to the
 * file's size, and memory of a byte per node and a bit per byte of the values.
 *
 * @param file named by errors
 * @param each is told every place of a value, once, after the value was found well
 * @throws UsageError that says what is wrong
 */
export function checkMmdb(mmdb: MmdbFile, file: string, each: (place: number) => void): void {
  const separator = mmdb.bytes.subarray(mmdb.valuesStart - SEPARATOR_BYTES, mmdb.valuesStart);
  if (separator.some((byte) => byte !== 0))
    throw new UsageError(
      `${file}: is damaged: what follows its search tree are not ${SEPARATOR_BYTES} zeros`,
    );
  const values = checkRecords(mmdb, file);
  checkDepth(mmdb, file);
  const check = new ValueCheck(mmdb.bytes, mmdb.valuesStart, mmdb.valuesEnd, file);
  for (let i = 0; i < values.length; i++)
    for (let left = values[i]; left !== 0; left &= left - 1) {
      const place = mmdb.valuesStart + i * 8 + (31 - Math.clz32(left & -left));
      check.check(place);
      each(place);
    }
}

/** @returns a bit per byte of the values: whether the tree points to it */
function checkRecords(mmdb: MmdbFile, file: string): Uint8Array {
  const values = new Uint8Array(Math.ceil((mmdb.valuesEnd - mmdb.valuesStart) / 8));
  for (let node = 0; node < mmdb.nodes; node++)
    for (let right = 0; right < 2; right++) {
      const record = mmdb.record(node, right);
      if (record <= mmdb.nodes) continue;
      const place = mmdb.placeOf(record);
      if (place < mmdb.valuesStart || place >= mmdb.valuesEnd)
        throw new UsageError(
          `${file}: is damaged: node ${node} of its search tree points to byte ${place}, outside its values`,
        );
      const at = place - mmdb.valuesStart;
      values[at >>> 3] |= 1 << (at & 7);
    }
  return values;
}

/**
 * Ways may join: 2002::/16 has the nodes of IPv4. So each node is visited once, and its height remembered. A
 * cycle is a way that does not end.
 */
function checkDepth(mmdb: MmdbFile, file: string): void {
  const { nodes, addressBits } = mmdb;
  /** Nodes on the longest way from a node down, itself included; 0: not known yet. */
  const heights = new Uint8Array(nodes);
  const way = new Uint32Array(addressBits + 1);
  const seen = new Uint8Array(addressBits + 1);
  const below = new Uint8Array(addressBits + 1);
  let depth = 0;
  while (depth >= 0) {
    if (seen[depth] === 2) {
      const height = below[depth] + 1;
      heights[way[depth]] = height;
      depth--;
      if (depth >= 0) below[depth] = Math.max(below[depth], height);
      continue;
    }
    const next = mmdb.record(way[depth], seen[depth]++);
    if (next >= nodes) continue;
    const height = heights[next];
    if (depth + 1 + Math.max(height, 1) > addressBits)
      throw new UsageError(
        `${file}: is damaged: its search tree has a cycle, or more than ${addressBits} bits (node ${next})`,
      );
    if (height > 0) below[depth] = Math.max(below[depth], height);
    else {
      depth++;
      way[depth] = next;
      seen[depth] = 0;
      below[depth] = 0;
    }
  }
}
