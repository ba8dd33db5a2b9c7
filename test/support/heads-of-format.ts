/** The same stored heads with another number of their format, or none, as of another version of the gateway. */
export function headsOfFormat(packed: Buffer, format: number | undefined): Buffer {
  const end = 4 + packed.readUInt32LE(0);
  const { format: _, ...head } = JSON.parse(packed.subarray(4, end).toString('utf8')) as Record<string, unknown>;
  const json = Buffer.from(JSON.stringify({ ...(format !== undefined && { format }), ...head }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, packed.subarray(end)]);
}
