/**
 * The outer header, up to an echo request inside, without the fields that always differ: addresses,
 * identification, flow label if none is given (the kernel makes one from a hash), checksums, sequence number,
 * timestamp.
 */
export function outerHeader(b: Uint8Array): { from: string; fields: string } | null {
  const six = b[0] >>> 4 === 6;
  const at = Buffer.from(b).indexOf(Buffer.from([0x45, 0, 0, 128]));
  if (at < 0 || b[at + 20] !== 8) return null;
  const header = b.slice(0, at);
  const options = six && header[6] === 60 ? 8 : 0;
  const gre = six ? 40 + options : 20;
  const from = [...header.subarray(six ? 8 : 12, six ? 24 : 16)].join();
  if (six) {
    header.fill(0, 8, 40);
    if ((header[1] & 0x0f) !== 1 || header[2] !== 0x23 || header[3] !== 0x45) header.fill(0, 2, 4);
    if (header[2] === 0) header[1] &= 0xf0;
  } else {
    header.fill(0, 4, 6);
    header.fill(0, 10, 20);
  }
  let p = gre + 4;
  if ((header[gre] & 0x80) !== 0) {
    header.fill(0, p, p + 2);
    p += 4;
  }
  if ((header[gre] & 0x20) !== 0) p += 4;
  if ((header[gre] & 0x10) !== 0) {
    header.fill(0, p, p + 4);
    p += 4;
  }
  const type3 = header[gre + 2] === 0x22;
  if (type3) header.fill(0, p + 4, p + 8);
  // Over IPv6, the kernel reads the class of service of every frame at IPv6's place. Ours reads that of IPv4
  // at IPv4's place.
  if (type3 && six) header[p + 2] &= 0x1f;
  // At most an Ethernet header follows. Each side has its own MAC addresses there.
  const ethernet = at - 14;
  if (ethernet >= p) header.fill(0, ethernet, ethernet + 12);
  return { from, fields: Buffer.from(header).toString('hex') };
}
