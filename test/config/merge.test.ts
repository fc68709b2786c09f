import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DocNode, type MapNode, SourceText, toValue } from '../../src/config/document.ts';
import { mergeMaps } from '../../src/config/merge.ts';
import { parseYaml } from '../../src/config/yaml.ts';

function mapOf(value: unknown): MapNode {
  const parsed = parseYaml(new SourceText('f', typeof value === 'string' ? value : JSON.stringify(value)));
  if ('problems' in parsed || parsed.root.kind !== 'map') throw new Error('not a map');
  return parsed.root;
}

const merged = (...layers: readonly unknown[]): unknown => {
  const node = layers.map(mapOf).reduce<MapNode | undefined>(mergeMaps, undefined);
  return node === undefined ? {} : toValue(node);
};

describe('examples', () => {
  test.each([
    ['maps merge', [{ a: { x: 1 } }, { a: { y: 2 } }], { a: { x: 1, y: 2 } }],
    ['scalars replace', [{ a: 1 }, { a: 2 }], { a: 2 }],
    ['lists replace', [{ a: [1, 2] }, { a: [3] }], { a: [3] }],
    ['null unsets', [{ a: { x: 1, y: 2 } }, { a: { x: null } }], { a: { y: 2 } }],
    ['null in the first layer is nothing', [{ a: { x: null } }], { a: {} }],
    ['null unsets what is below, not what is above', [{ a: { x: 1 } }, { a: null }, { a: { y: 2 } }], { a: { y: 2 } }],
    ['null inside of a list that replaces', [{}, { a: [{ x: null, y: 1 }] }], { a: [{ y: 1 }] }],
    [
      'registrations merge by hub, in the order they came',
      [
        { registrations: [{ hub: 'a', mode: 'm' }] },
        {
          registrations: [
            { hub: 'b', mode: 'n' },
            { hub: 'a', adopt: true },
          ],
        },
      ],
      {
        registrations: [
          { hub: 'a', mode: 'm', adopt: true },
          { hub: 'b', mode: 'n' },
        ],
      },
    ],
    [
      'feature gates merge by feature',
      [{ featureGates: [{ feature: 'A', mode: 'Enable' }] }, { featureGates: [{ feature: 'A', mode: 'Disable' }] }],
      { featureGates: [{ feature: 'A', mode: 'Disable' }] },
    ],
    ['null unsets all registrations', [{ registrations: [{ hub: 'a' }] }, { registrations: null }], {}],
    [
      'an access of the same way merges',
      [{ access: { kubeconfig: 'k' } }, { access: { context: 'c' } }],
      { access: { kubeconfig: 'k', context: 'c' } },
    ],
    [
      'an access of another way replaces',
      [{ access: { kubeconfig: 'k' } }, { access: { inCluster: true } }],
      { access: { inCluster: true } },
    ],
    [
      'an access that is unset falls back',
      [{ access: { inCluster: true } }, { access: { inCluster: null } }],
      { access: {} },
    ],
  ])('%s', (_, layers, result) => {
    expect(merged(...layers)).toEqual(result);
  });

  test('every value keeps the place where it was written', () => {
    const parsed = parseYaml(new SourceText('f', 'base: { a: { x: 1, y: 2 } }\nover: { a: { y: 3 } }\n'));
    if ('problems' in parsed || parsed.root.kind !== 'map') throw new Error('not a map');
    const [base, over] = ['base', 'over'].map(
      (key) => parsed.value !== null && parsed.root.kind === 'map' && parsed.root.entries.get(key)?.node,
    );
    if (!isMap(base) || !isMap(over)) throw new Error('not maps');
    const a = mergeMaps(base, over).entries.get('a')?.node;
    const at = (key: string): number | undefined => (isMap(a) ? a.entries.get(key)?.node.at : undefined);
    expect([at('x'), at('y')]).toEqual([16, 44]);
  });
});

const isMap = (node: DocNode | undefined | false): node is MapNode => typeof node === 'object' && node.kind === 'map';

describe('laws', () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const scalar = fc.oneof(fc.integer(), fc.constantFrom('x', 'y', ''), fc.boolean());
  const registration = fc
    .record({ hub: fc.constantFrom('p', 'q', 'r') })
    .chain((named) => fc.dictionary(key, scalar).map((rest) => ({ ...rest, ...named })));
  const registrations = fc.uniqueArray(registration, { selector: (entry) => entry.hub, maxLength: 3 });
  /** As the schema has it, a key is a map in every layer or in none. */
  const { layer } = fc.letrec<{ layer: Record<string, unknown> }>((tie) => ({
    layer: fc
      .tuple(
        fc.dictionary(key, fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })), { maxKeys: 3 }),
        fc.oneof(
          { maxDepth: 3 },
          fc.constant({}),
          fc.dictionary(fc.constantFrom('m', 'n'), tie('layer'), { maxKeys: 2 }),
        ),
        fc.option(registrations, { nil: undefined }),
      )
      .map(([leaves, maps, entries]) => ({
        ...leaves,
        ...maps,
        ...(entries === undefined ? {} : { registrations: entries }),
      })),
  }));
  const runs = { numRuns: 200 };

  test('nothing laid on it, or it laid on nothing, changes nothing', () => {
    fc.assert(
      fc.property(layer, (a) => {
        expect(merged(a)).toEqual(a);
        expect(merged(a, {})).toEqual(a);
        expect(merged({}, a)).toEqual(a);
      }),
      runs,
    );
  });

  test('twice is once', () => {
    fc.assert(
      fc.property(layer, layer, (a, b) => {
        expect(merged(a, b, b)).toEqual(merged(a, b));
      }),
      runs,
    );
  });

  test('the grouping of layers does not matter', () => {
    fc.assert(
      fc.property(layer, layer, layer, (a, b, c) => {
        expect(merged(merged(a, b), c)).toEqual(merged(a, merged(b, c)));
      }),
      runs,
    );
  });

  test('the last layer wins wherever it says something', () => {
    const contains = (whole: unknown, part: unknown): void => {
      if (typeof part !== 'object' || part === null || Array.isArray(part)) return;
      for (const [name, value] of Object.entries(part)) {
        const found = typeof whole === 'object' && whole !== null ? Reflect.get(whole, name) : undefined;
        if (typeof value === 'object' && value !== null && !Array.isArray(value)) contains(found, value);
        else if (name !== 'registrations') expect(found).toEqual(value);
      }
    };
    fc.assert(
      fc.property(layer, layer, (a, b) => {
        contains(merged(a, b), b);
      }),
      runs,
    );
  });

  test('unsetting is as if it had never been set', () => {
    fc.assert(
      fc.property(layer, layer, fc.constantFrom('a', 'm', 'registrations'), (a, b, name) => {
        const { [name]: _, ...without } = a;
        expect(merged(a, { [name]: null }, b)).toEqual(merged(without, b));
      }),
      runs,
    );
  });

  test('what is merged is not changed', () => {
    fc.assert(
      fc.property(layer, layer, (a, b) => {
        const base = mapOf(a);
        mergeMaps(base, mapOf(b));
        expect(toValue(base)).toEqual(a);
      }),
      runs,
    );
  });
});
