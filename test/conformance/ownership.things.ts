import fc from 'fast-check';

const openAPIV3Schema = {
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
              note: { type: 'string', default: 'none' },
            },
          },
        },
        colours: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        place: {
          type: 'object',
          properties: {
            zone: { type: 'string' },
            rack: { type: 'string', default: 'r0' },
            tags: { type: 'object', additionalProperties: { type: 'string' } },
          },
        },
        limits: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
        anything: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
};

/** A kind that has every sort of field that merges in a way of its own. */
export const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.conformance.rollcall.dev' },
  spec: {
    group: 'conformance.rollcall.dev',
    scope: 'Cluster',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
  },
} as const;

const word = fc.constantFrom('a', 'b');
const some = { requiredKeys: [] };

const port = fc.record(
  { port: fc.constantFrom(1, 2, 3), protocol: fc.constantFrom('TCP', 'UDP'), name: word, note: word },
  { requiredKeys: ['port'] },
);

/** Small specs over few values, so that several managers meet in the same fields. */
export const specs: fc.Arbitrary<Record<string, unknown>> = fc.record(
  {
    accepts: fc.boolean(),
    seconds: fc.constantFrom(5, 60),
    taints: fc.array(fc.record({ key: word }), { maxLength: 2 }),
    ports: fc.uniqueArray(port, {
      maxLength: 3,
      selector: ({ port: number, protocol = 'TCP' }) => `${number}/${protocol}`,
    }),
    colours: fc.uniqueArray(word, { maxLength: 2 }),
    place: fc.record({ zone: word, rack: word, tags: fc.dictionary(word, word, { maxKeys: 2 }) }, some),
    limits: fc.dictionary(word, word, { maxKeys: 2 }),
    anything: fc.record(
      { list: fc.array(word, { maxLength: 2 }), deep: fc.record({ a: word, b: word }, some), x: word },
      some,
    ),
  },
  some,
);
