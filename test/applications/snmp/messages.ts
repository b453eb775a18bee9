/** An element of BER (X.690) with a length of one or two bytes. */
export function tlv(tag: number, ...parts: Uint8Array[]): Buffer {
  const all = Buffer.concat(parts);
  const length = all.length < 0x80 ? [all.length] : [0x81, all.length];
  return Buffer.concat([Buffer.from([tag, ...length]), all]);
}

export const integer = (n: number): Buffer => {
  const b = Buffer.alloc(4);
  b.writeInt32BE(n);
  return tlv(2, n >= 0 && n < 0x80 ? b.subarray(3) : b);
};
export const octets = (text: string | Uint8Array): Buffer => tlv(4, Buffer.from(text));
/** sysDescr.0, 1.3.6.1.2.1.1.1.0; and with another last number but one. */
export const oid = (last = 1): Buffer => tlv(6, Buffer.from([0x2b, 6, 1, 2, 1, 1, last, 0]));

/** A PDU (RFC 3416, section 3): type, request, error, and one variable for each number. */
export function pdu(type: number, request: number, error: number, ...names: number[]): Buffer {
  const variables = names.map((name) => tlv(0x30, oid(name), tlv(5)));
  return tlv(0xa0 | type, integer(request), integer(error), integer(0), tlv(0x30, ...variables));
}

/** A message of version 1 (0) or 2c (1). */
export const message = (version: number, data: Uint8Array): Buffer =>
  tlv(0x30, integer(version), octets('secret'), data);

/** A message of version 3 (RFC 3412, section 6): number, flags, user; data that is encrypted or not. */
export function message3(number: number, flags: number, user: string, data: Uint8Array): Buffer {
  const head = tlv(0x30, integer(number), integer(65507), octets(Uint8Array.of(flags)), integer(3));
  const security = tlv(
    0x30,
    octets('engine'),
    integer(1),
    integer(2),
    octets(user),
    octets('hash'),
    octets('salt'),
  );
  return tlv(0x30, integer(3), head, octets(security), data);
}

export const scoped = (data: Uint8Array): Buffer => tlv(0x30, octets('engine'), octets(''), data);
