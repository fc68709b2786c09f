import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/model/cluster.ts';
import { type Apply, applyObject } from '../../../src/sandbox/server/fields/apply.ts';
import { schemaFromCrd } from '../../../src/sandbox/server/fields/schema.ts';
import { trackUpdate } from '../../../src/sandbox/server/fields/track.ts';

const schema = schemaFromCrd({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        accepts: { type: 'boolean' },
        seconds: { type: 'integer', default: 60 },
        taints: { type: 'array', items: { type: 'object', properties: { key: { type: 'string' } } } },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
          items: {
            type: 'object',
            required: ['port'],
            properties: {
              port: { type: 'integer' },
              protocol: { type: 'string', default: 'TCP' },
              name: { type: 'string' },
              note: { type: 'string' },
            },
          },
        },
        colours: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        place: { type: 'object', properties: { zone: { type: 'string' }, rack: { type: 'string' } } },
      },
    },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
});

const early = '2026-01-01T00:00:00Z';
const late = '2026-01-01T00:00:09Z';

const thing = (spec: Record<string, unknown>, labels?: Record<string, string>): KubeObject => ({
  apiVersion: 'test/v1',
  kind: 'Thing',
  metadata: { name: 'a', ...(labels && { labels }) },
  spec,
});

function apply(
  live: KubeObject | undefined,
  applied: KubeObject,
  manager: string,
  more: Partial<Apply> = {},
): KubeObject {
  const answer = applyObject({ live, applied, manager, force: false, schema, now: early, ...more });
  if (!('object' in answer)) throw new Error(JSON.stringify(answer));
  return answer.object;
}

const fieldsOf = (object: KubeObject, manager: string): unknown =>
  object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;

describe('the first apply', () => {
  test('owns what it says, in the encoding of the server, and not the defaults', () => {
    const object = apply(
      undefined,
      thing({ accepts: true, ports: [{ port: 80, name: 'web' }], colours: ['red'] }, { x: 'y' }),
      'a',
    );
    expect(object['spec']).toEqual({
      accepts: true,
      seconds: 60,
      ports: [{ port: 80, name: 'web', protocol: 'TCP' }],
      colours: ['red'],
    });
    expect(object.metadata.managedFields).toEqual([
      {
        manager: 'a',
        operation: 'Apply',
        apiVersion: 'test/v1',
        time: early,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:labels': { 'f:x': {} } },
          'f:spec': {
            'f:accepts': {},
            'f:colours': { 'v:"red"': {} },
            'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } },
          },
        },
      },
    ]);
  });

  test('of fields that the schema does not declare is refused', () => {
    const answer = applyObject({
      live: undefined,
      applied: thing({ colour: 'red', ports: [{ port: 80, protocol: 'UDP', x: 1 }], taints: [{ y: 1 }] }),
      manager: 'a',
      force: true,
      schema,
      now: early,
    });
    expect(answer).toEqual({
      undeclared: ['.spec.colour', '.spec.ports[port=80,protocol="UDP"].x', '.spec.taints[0].y'],
    });
  });
});

describe('the same manager again', () => {
  test('a no-op changes nothing, the time included', () => {
    const live = apply(undefined, thing({ accepts: true }, { x: 'y' }), 'a');
    expect(apply(live, thing({ accepts: true }, { x: 'y' }), 'a', { now: late })).toBe(live);
  });

  test('what it no longer says goes, or back to its default', () => {
    const live = apply(undefined, thing({ seconds: 5, accepts: true, place: { zone: 'a' } }, { x: 'y' }), 'a');
    const object = apply(live, thing({ accepts: true }), 'a', { now: late });
    expect(object['spec']).toEqual({ accepts: true, seconds: 60 });
    expect(object.metadata.labels ?? {}).toEqual({});
    expect(object.metadata.managedFields?.[0]?.time).toBe(late);
  });

  test('what an Update entry owns stays', () => {
    const created = thing({}, { x: 'y', z: 'z' });
    const managedFields = trackUpdate({ before: undefined, after: created, manager: 'kubectl', schema, now: early });
    const live = { ...created, metadata: { ...created.metadata, managedFields } };
    const once = apply(live, thing({}, { x: 'y' }), 'a');
    const twice = apply(once, thing({}), 'a');
    expect(twice.metadata.labels).toEqual({ x: 'y', z: 'z' });
  });

  test('an item of a list goes, those of others stay in place', () => {
    const first = apply(undefined, thing({ ports: [{ port: 1 }, { port: 2 }] }), 'a');
    const second = apply(first, thing({ ports: [{ port: 3 }] }), 'b');
    const third = apply(second, thing({ ports: [{ port: 2 }] }), 'a');
    expect(third['spec']).toMatchObject({ ports: [{ port: 2 }, { port: 3 }] });
    expect((third['spec'] as { ports: unknown[] }).ports).toHaveLength(2);
  });
});

describe('another manager', () => {
  test('conflicts where values differ, by the field’s path', () => {
    const live = apply(undefined, thing({ ports: [{ port: 80, name: 'web' }], accepts: true }, { 'a.b/c': 'y' }), 'a');
    const answer = applyObject({
      live,
      applied: thing({ ports: [{ port: 80, name: 'http' }], accepts: true }, { 'a.b/c': 'n' }),
      manager: 'b',
      force: false,
      schema,
      now: late,
    });
    expect(answer).toEqual({
      conflicts: [
        { manager: 'a', field: '.metadata.labels.a.b/c', operation: 'Apply', apiVersion: 'test/v1' },
        { manager: 'a', field: '.spec.ports[port=80,protocol="TCP"].name', operation: 'Apply', apiVersion: 'test/v1' },
      ],
    });
  });

  test('with force takes the field from the other', () => {
    const live = apply(undefined, thing({ accepts: true, seconds: 5 }), 'a');
    const object = apply(live, thing({ accepts: false }), 'b', { force: true });
    expect(object['spec']).toMatchObject({ accepts: false });
    expect(fieldsOf(object, 'a')).toEqual({ 'f:spec': { 'f:seconds': {} } });
    expect(fieldsOf(object, 'b')).toEqual({ 'f:spec': { 'f:accepts': {} } });
  });

  test('an entry that owns nothing any more is dropped', () => {
    const live = apply(undefined, thing({ accepts: true }), 'a');
    const object = apply(live, thing({ accepts: false }), 'b', { force: true });
    expect(object.metadata.managedFields?.map((entry) => entry.manager)).toEqual(['b']);
  });

  test('co-owns equal values: the field goes when both gave it up', () => {
    const first = apply(undefined, thing({ accepts: true }, { x: 'y' }), 'a');
    const both = apply(first, thing({}, { x: 'y' }), 'b');
    const one = apply(both, thing({ accepts: true }), 'a');
    expect(one.metadata.labels).toEqual({ x: 'y' });
    expect(apply(one, thing({}), 'b').metadata.labels ?? {}).toEqual({});
  });

  test('that only co-owns equal values writes no time', () => {
    const live = apply(undefined, thing({ accepts: true, seconds: 5 }), 'a');
    const both = apply(live, thing({ accepts: true }), 'b', { now: late });
    const times = (object: KubeObject): unknown =>
      object.metadata.managedFields?.map((entry) => [entry.manager, entry.time]);
    expect(times(both)).toEqual([
      ['b', undefined],
      ['a', early],
    ]);
    expect(times(apply(both, thing({ seconds: 5 }), 'a', { now: late }))).toEqual([
      ['b', undefined],
      ['a', early],
    ]);
  });

  test('a list without a list type is one value', () => {
    const live = apply(undefined, thing({ taints: [{ key: 'a' }] }), 'a');
    const object = apply(live, thing({ taints: [{ key: 'b' }] }), 'b', { force: true });
    expect(object['spec']).toMatchObject({ taints: [{ key: 'b' }] });
    expect(fieldsOf(object, 'a')).toBeUndefined();
  });

  test('keeps its own entry per subresource', () => {
    const live = apply(undefined, thing({ accepts: true }), 'a');
    const object = apply(live, { ...thing({}), status: { phase: 'up' } }, 'a', { subresource: 'status' });
    expect(object.metadata.managedFields?.map((entry) => entry.subresource)).toEqual([undefined, 'status']);
    expect(object['spec']).toMatchObject({ accepts: true });
  });
});

test('an object whose fields were never tracked belongs to before-first-apply', () => {
  const object = apply(thing({ accepts: true }), thing({ accepts: false }), 'a', { force: true });
  expect(object.metadata.managedFields?.map((entry) => entry.manager)).toEqual(['a', 'before-first-apply']);
});
