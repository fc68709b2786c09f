import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/model/cluster.ts';
import { hubDefinitions } from '../../src/sandbox/crds/hub.ts';
import { memberDefinitions } from '../../src/sandbox/crds/member.ts';

type Fields = Readonly<Record<string, unknown>>;
interface Version {
  readonly name: string;
  readonly schema: { readonly openAPIV3Schema: Fields };
}

const versionsOf = (definition: KubeObject): readonly Version[] =>
  (definition['spec'] as { versions: readonly Version[] }).versions;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What decides how a field is stored, defaulted and merged. */
const rules = [
  'type',
  'format',
  'enum',
  'default',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
];
const more = [
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'nullable',
];

/** Every way in which `ours` is something else than a part of `theirs`. */
function differences(ours: Fields, theirs: unknown, path: string): readonly string[] {
  if (!isFields(theirs)) return [`${path} is not in the original`];
  const own = [...rules, ...more]
    .filter((rule) => JSON.stringify(ours[rule]) !== JSON.stringify(theirs[rule]))
    .map((rule) => `${path}: ${rule} is ${JSON.stringify(ours[rule])}, originally ${JSON.stringify(theirs[rule])}`);
  const required = [ours, theirs].map((schema) => [...((schema['required'] ?? []) as string[])].toSorted().join());
  const missing = required[0] === required[1] ? [] : [`${path} requires ${required[0]}, originally ${required[1]}`];
  const originals = isFields(theirs['properties']) ? theirs['properties'] : {};
  const properties = isFields(ours['properties']) ? Object.entries(ours['properties']) : [];
  return [
    ...own,
    ...missing,
    ...properties.flatMap(([name, schema]) =>
      isFields(schema) ? differences(schema, originals[name], `${path}.${name}`) : [],
    ),
    ...(isFields(ours['items']) ? differences(ours['items'], theirs['items'], `${path}[]`) : []),
    ...(isFields(ours['additionalProperties'])
      ? differences(ours['additionalProperties'], theirs['additionalProperties'], `${path}{}`)
      : []),
  ];
}

const shared = join(import.meta.dirname, '../../../shared/facts/crds');
const real = existsSync(shared)
  ? ['ocm-hub', 'ocm-member'].flatMap((folder) =>
      readdirSync(join(shared, folder)).flatMap(
        (file) => loadAll(readFileSync(join(shared, folder, file), 'utf8')) as KubeObject[],
      ),
    )
  : [];
const originalOf = (definition: KubeObject): KubeObject | undefined =>
  real.find(({ metadata }) => metadata.name === definition.metadata.name);
const comparable = [...hubDefinitions, ...memberDefinitions].filter((definition) => originalOf(definition));

describe.skipIf(real.length === 0)('the kinds of the sandbox', () => {
  it.each(comparable.map((definition) => [definition.metadata.name, definition] as const))(
    '%s is a part of the real one',
    (_name, ours) => {
      const [version] = versionsOf(ours);
      const original = originalOf(ours);
      const theirs = original && versionsOf(original).find(({ name }) => name === version?.name);
      expect(differences(version?.schema.openAPIV3Schema ?? {}, theirs?.schema.openAPIV3Schema, '')).toEqual([]);
    },
  );
});

describe('the Klusterlet', () => {
  it('takes every option of the OCM modes', () => {
    const klusterlet = memberDefinitions.find(({ metadata }) => metadata.name.startsWith('klusterlets.'));
    const schema = klusterlet && versionsOf(klusterlet)[0]?.schema.openAPIV3Schema['properties'];
    const spec = isFields(schema) && isFields(schema['spec']) ? schema['spec']['properties'] : {};
    const fields = [
      'clusterName',
      'namespace',
      'deployOption',
      'externalServerURLs',
      'hubApiServerHostAlias',
      'imagePullSpec',
      'nodePlacement',
      'priorityClassName',
      'registrationConfiguration',
      'registrationImagePullSpec',
      'resourceRequirement',
      'workConfiguration',
      'workImagePullSpec',
    ];
    expect(Object.keys(isFields(spec) ? spec : {}).toSorted()).toEqual(fields.toSorted());
  });
});
