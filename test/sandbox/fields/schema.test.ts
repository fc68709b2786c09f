import { describe, expect, test } from 'vitest';
import { builtInSchema } from '../../../src/sandbox/server/fields/builtins.ts';
import { canonicalQuantity } from '../../../src/sandbox/server/fields/quantity.ts';
import { prune, schemaFromCrd, withDefaults } from '../../../src/sandbox/server/fields/schema.ts';
import { validate } from '../../../src/sandbox/server/fields/validate.ts';

const schema = schemaFromCrd({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['must'],
      properties: {
        must: { type: 'string' },
        count: { type: 'integer', minimum: 1, maximum: 3, default: 2 },
        word: { type: 'string', pattern: '^[a-z]*$', minLength: 2, maxLength: 4 },
        mode: { type: 'string', enum: ['Default', 'Singleton'] },
        when: { type: 'string', format: 'date-time', nullable: true },
        port: { 'x-kubernetes-int-or-string': true },
        few: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        list: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: { type: 'string' }, size: { type: 'integer', default: 1 } } },
        },
        raw: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { known: { type: 'object' } },
        },
        inner: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
        map: { type: 'object', additionalProperties: { type: 'integer' } },
      },
    },
  },
});

const thing = (spec: Record<string, unknown>) => ({ apiVersion: 'a/v1', kind: 'Thing', metadata: { name: 'x' }, spec });

describe('what a server stores', () => {
  test('has defaults at every depth, and no nulls where none may be', () => {
    expect(
      withDefaults(schema, thing({ count: null, when: null, map: { a: null }, list: [{ name: 'a' }], word: null })),
    ).toEqual(thing({ count: 2, when: null, map: {}, list: [{ name: 'a', size: 1 }] }));
  });

  test('keeps null in fields that are not typed', () => {
    const object = thing({ must: 'a', count: 1, raw: { x: null } });
    expect(withDefaults(schema, object)).toBe(object);
  });

  test('holds only what is declared, and what is kept on purpose', () => {
    const given = thing({
      extra: 1,
      list: [{ name: 'a', colour: 'red' }],
      raw: { any: 1, known: { not: 1 } },
      inner: { apiVersion: 'v1', kind: 'X', metadata: { name: 'a', odd: 1 }, data: {} },
    });
    expect(prune(schema, { ...given, status: {} })).toEqual({
      object: thing({
        list: [{ name: 'a' }],
        raw: { any: 1, known: {} },
        inner: { apiVersion: 'v1', kind: 'X', metadata: { name: 'a' }, data: {} },
      }),
      dropped: ['spec.extra', 'spec.list[0].colour', 'spec.raw.known.not', 'spec.inner.metadata.odd', 'status'],
    });
  });

  test('has no labels rather than empty ones', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x', labels: {}, finalizers: [] },
      data: {},
    };
    expect(withDefaults(builtInSchema('v1', 'ConfigMap'), object)).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x' },
    });
  });
});

describe('what is refused', () => {
  test.each([
    [{}, 'spec.must', 'Required value', 'FieldValueRequired'],
    [
      { count: 'x' },
      'spec.count',
      'Invalid value: "string": spec.count in body must be of type integer: "string"',
      'FieldValueTypeInvalid',
    ],
    [
      { count: 0 },
      'spec.count',
      'Invalid value: 0: spec.count in body should be greater than or equal to 1',
      'FieldValueInvalid',
    ],
    [
      { count: 4 },
      'spec.count',
      'Invalid value: 4: spec.count in body should be less than or equal to 3',
      'FieldValueInvalid',
    ],
    [
      { word: 'a' },
      'spec.word',
      'Invalid value: "a": spec.word in body should be at least 2 chars long',
      'FieldValueInvalid',
    ],
    [{ word: 'abcde' }, 'spec.word', 'Too long: may not be more than 4 bytes', 'FieldValueTooLong'],
    [
      { word: 'AB' },
      'spec.word',
      'Invalid value: "AB": spec.word in body should match \'^[a-z]*$\'',
      'FieldValueInvalid',
    ],
    [
      { mode: 'X' },
      'spec.mode',
      'Unsupported value: "X": supported values: "Default", "Singleton"',
      'FieldValueNotSupported',
    ],
    [
      { when: 'x' },
      'spec.when',
      'Invalid value: "x": spec.when in body must be of type date-time: "x"',
      'FieldValueTypeInvalid',
    ],
    [
      { port: true },
      'spec.port',
      'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
      'FieldValueTypeInvalid',
    ],
    [{ few: [] }, 'spec.few', 'Invalid value: 0: spec.few in body should have at least 1 items', 'FieldValueInvalid'],
    [{ few: ['a', 'b', 'c'] }, 'spec.few', 'Too many: 3: must have at most 2 items', 'FieldValueTooMany'],
    [{ few: ['a', 'a'] }, 'spec.few[1]', 'Duplicate value: "a"', 'FieldValueDuplicate'],
    [{ list: [{ name: 'a' }, { name: 'a' }] }, 'spec.list[1]', 'Duplicate value: {"name":"a"}', 'FieldValueDuplicate'],
    [
      { map: { a: 'b' } },
      'spec.map.a',
      'Invalid value: "string": spec.map.a in body must be of type integer: "string"',
      'FieldValueTypeInvalid',
    ],
  ])('%j', (spec, path, message, type) => {
    const must = path === 'spec.must' ? {} : { must: 'a' };
    expect(validate(schema, thing({ ...must, ...spec }))).toEqual([{ path, message, type }]);
  });
});

describe('quantities', () => {
  test.each([
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000Ki', '1000Ki'],
    ['0.5Ki', '512'],
    ['1e3', '1e3'],
    ['12000', '12k'],
    ['0', '0'],
    ['-1.5', '-1500m'],
    ['2', '2'],
    [2, '2'],
    ['many', 'many'],
  ])('%s is stored as %s', (given, stored) => {
    expect(canonicalQuantity(given)).toBe(stored);
  });

  test('are brought into that form in built-in kinds only', () => {
    const spec = { containers: [{ name: 'a', resources: { limits: { cpu: '0.5' } } }] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec };
    expect(withDefaults(builtInSchema('v1', 'Pod'), pod)).toMatchObject({
      spec: { containers: [{ resources: { limits: { cpu: '500m' } } }] },
    });
    expect(withDefaults(schema, thing({ must: '0.5', count: 1 }))).toEqual(thing({ must: '0.5', count: 1 }));
  });
});
