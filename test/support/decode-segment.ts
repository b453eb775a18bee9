import protobuf from 'protobufjs';

const schemas = new URL('../../schemas/mirrorlake/v1/', import.meta.url).pathname;

/**
 * Decodes a segment with protobufjs and the .proto file. Field names are those of the file, 64-bit numbers
 * are text.
 */
export async function decodeSegment(
  file: string,
  message: string,
  segment: Uint8Array,
): Promise<Record<string, unknown>[]> {
  const root = await new protobuf.Root().load(schemas + file, { keepCase: true });
  const type = root.lookupType(`mirrorlake.v1.${message}`);
  const reader = protobuf.Reader.create(segment);
  const rows = [];
  while (reader.pos < reader.len)
    rows.push(
      type.toObject(type.decodeDelimited(reader), {
        longs: String,
        bytes: Array,
        enums: String,
        defaults: true,
      }),
    );
  return rows;
}
