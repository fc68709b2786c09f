import { messages } from './protobuf-messages.ts';

/** The first bytes of every Kubernetes object in this encoding. */
const magic = Buffer.from('k8s\0');

export const protobufType = 'application/vnd.kubernetes.protobuf';

/**
 * Reads a Kubernetes object in the protobuf encoding, which kubectl sends (never insists on getting) for kinds that it has
 * types of.
 * @returns the object as JSON has it, or undefined when it is none of the known kinds or not well-formed
 */
export function decodeProtobuf(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (!body.subarray(0, magic.length).equals(magic)) return undefined;
  try {
    const { typeMeta, raw } = decode('Unknown', body.subarray(magic.length)) as {
      typeMeta?: { apiVersion?: string; kind?: string };
      raw?: string;
    };
    const { apiVersion, kind } = typeMeta ?? {};
    if (kind === undefined || !messages[kind]) return undefined;
    return { apiVersion, kind, ...decode(kind, Buffer.from(raw ?? '', 'base64')) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @throws RangeError when the bytes end too early or hold what no Kubernetes message holds */
function decode(message: string, bytes: Buffer): Record<string, unknown> {
  const fields = messages[message] ?? {};
  const object: Record<string, unknown> = {};
  const at = { position: 0 };
  while (at.position < bytes.length) {
    const tag = varint(bytes, at);
    const wire = tag & 7;
    if (wire !== 0 && wire !== 2) throw new RangeError(`wire type ${wire}`);
    const value = wire === 0 ? varint(bytes, at) : chunk(bytes, at);
    const [name, ...type] = fields[tag >>> 3]?.split(' ') ?? [];
    if (name !== undefined) put(object, name, type, value);
  }
  return object;
}

function put(object: Record<string, unknown>, name: string, type: readonly string[], value: number | Buffer): void {
  const [shape = '', item = ''] = type;
  if (shape === 'list') {
    const list = Array.isArray(object[name]) ? object[name] : [];
    object[name] = [...list, typed(item, value)];
  } else if (shape === 'map') {
    const entry = entryOf(item, value);
    object[name] = { ...(object[name] as Record<string, unknown> | undefined), [entry.key]: entry.value };
  } else {
    const read = typed(shape, value);
    // What is not set is sent as empty; JSON leaves it out.
    const isEmpty = read === '' || read === 0 || (typeof read === 'object' && Object.keys(read ?? {}).length === 0);
    if (!isEmpty && read !== undefined) object[name] = read;
  }
}

function entryOf(item: string, value: number | Buffer): { key: string; value: unknown } {
  if (typeof value === 'number') throw new RangeError('a map entry is a message');
  const at = { position: 0 };
  let key = '';
  let read: unknown = typed(item, Buffer.alloc(0));
  while (at.position < value.length) {
    const field = varint(value, at) >>> 3;
    const content = chunk(value, at);
    if (field === 1) key = content.toString();
    if (field === 2) read = typed(item, content);
  }
  return { key, value: read };
}

function typed(type: string, value: number | Buffer): unknown {
  if (typeof value === 'number') return type === 'bool' ? value !== 0 : value;
  if (type === 'string') return value.toString();
  if (type === 'bytes') return value.toString('base64');
  const read = decode(type, value);
  if (type === 'Time') return typeof read['seconds'] === 'number' ? timeOf(read['seconds']) : undefined;
  if (type === 'ExtraValue') return read['items'] ?? [];
  return read;
}

const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');

/** Numbers beyond 2⁵³ lose their last digits; no field of the known kinds gets there. */
function varint(bytes: Buffer, at: { position: number }): number {
  let value = 0;
  for (let shift = 0; shift < 10; shift++) {
    const byte = bytes.readUInt8(at.position++);
    value += (byte & 0x7f) * 2 ** (7 * shift);
    if (byte < 0x80) return value;
  }
  throw new RangeError('a number without an end');
}

function chunk(bytes: Buffer, at: { position: number }): Buffer {
  const length = varint(bytes, at);
  const end = at.position + length;
  if (end > bytes.length) throw new RangeError('the message ends too early');
  const content = bytes.subarray(at.position, end);
  at.position = end;
  return content;
}
