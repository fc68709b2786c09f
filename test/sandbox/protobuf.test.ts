import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeProtobuf } from '../../src/sandbox/server/protobuf.ts';

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
const number = (field: number, value: number): number[] => [...varint(field << 3), ...varint(value)];
const bytes = (field: number, content: string | readonly number[]): number[] => {
  const raw = typeof content === 'string' ? [...Buffer.from(content)] : content;
  return [...varint((field << 3) | 2), ...varint(raw.length), ...raw];
};

/** An object as clients send it: the magic, its type, its own message. */
const sent = (apiVersion: string, kind: string, message: readonly number[]): Buffer =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    Buffer.from([...bytes(1, [...bytes(1, apiVersion), ...bytes(2, kind)]), ...bytes(2, message)]),
  ]);

describe('the protobuf encoding that kubectl sends', () => {
  test('of a ConfigMap: empty strings and times are not there, maps are', () => {
    const metadata = [
      ...bytes(1, 'x'),
      ...bytes(2, ''),
      ...bytes(8, []),
      ...bytes(11, [...bytes(1, 'a'), ...bytes(2, '')]),
    ];
    const data = (key: string, value: string): number[] => bytes(2, [...bytes(1, key), ...bytes(2, value)]);
    const body = sent('v1', 'ConfigMap', [...bytes(1, metadata), ...data('k', 'v'), ...data('ü', ''), ...number(4, 0)]);
    expect(decodeProtobuf(body)).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x', labels: { a: '' } },
      data: { k: 'v', ü: '' },
      immutable: false,
    });
  });

  test('of a Role: lists keep empty strings', () => {
    const rule = [...bytes(1, 'get'), ...bytes(1, 'list'), ...bytes(2, ''), ...bytes(3, 'pods')];
    expect(decodeProtobuf(sent('rbac.authorization.k8s.io/v1', 'Role', bytes(2, rule)))).toMatchObject({
      rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }],
    });
  });

  test('of an approval: times, bytes and maps of lists', () => {
    const condition = [...bytes(1, 'Approved'), ...bytes(4, number(1, 1_767_225_600)), ...bytes(6, 'True')];
    const extra = bytes(6, [...bytes(1, 'k'), ...bytes(2, [...bytes(1, 'one'), ...bytes(1, 'two')])]);
    const spec = [...bytes(1, [0, 255]), ...extra, ...number(8, 3600)];
    const body = sent('certificates.k8s.io/v1', 'CertificateSigningRequest', [
      ...bytes(2, spec),
      ...bytes(3, bytes(1, condition)),
    ]);
    expect(decodeProtobuf(body)).toMatchObject({
      spec: { request: 'AP8=', extra: { k: ['one', 'two'] }, expirationSeconds: 3600 },
      status: { conditions: [{ type: 'Approved', status: 'True', lastUpdateTime: '2026-01-01T00:00:00Z' }] },
    });
  });

  test('is not read where the kind is not known or it is something else', () => {
    expect(decodeProtobuf(sent('v1', 'Node', []))).toBeUndefined();
    expect(decodeProtobuf(Buffer.from('{"kind":"ConfigMap"}'))).toBeUndefined();
    expect(decodeProtobuf(sent('v1', 'ConfigMap', bytes(1, 'x')).subarray(0, -1))).toBeUndefined();
  });

  test('never breaks on what is no message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        const read = decodeProtobuf(sent('v1', 'ConfigMap', [...noise]));
        if (read !== undefined) expect(read['kind']).toBe('ConfigMap');
      }),
      { numRuns: 300 },
    );
  });
});
