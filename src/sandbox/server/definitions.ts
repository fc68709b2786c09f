import type { KubeObject } from '../../model/cluster.ts';
import { schemaFromCrd } from './fields/schema.ts';
import { type Column, type ServedType, storedVerbs } from './resources.ts';

interface Version {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly schema?: { readonly openAPIV3Schema?: unknown };
  readonly subresources?: Readonly<Record<string, unknown>>;
  readonly additionalPrinterColumns?: readonly Column[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

/** The spec of a CustomResourceDefinition, as far as the server acts on it. */
export interface DefinitionSpec {
  readonly group: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly names: {
    readonly plural: string;
    readonly kind: string;
    readonly singular?: string;
    readonly listKind?: string;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly versions: readonly Version[];
}

/** @returns the spec; its shape was checked when the definition was written ({@link definitionProblem}) */
export function definitionSpec(definition: KubeObject): DefinitionSpec {
  return definition['spec'] as DefinitionSpec;
}

/** @returns why the definition cannot be accepted, as [field, message], or undefined */
export function definitionProblem(definition: KubeObject): readonly [string, string] | undefined {
  const spec = definition['spec'] as Partial<DefinitionSpec> | undefined;
  if (!spec?.group) return ['spec.group', 'Required value'];
  if (!spec.names?.plural) return ['spec.names.plural', 'Required value'];
  if (!spec.names.kind) return ['spec.names.kind', 'Required value'];
  if (spec.scope !== 'Cluster' && spec.scope !== 'Namespaced') return ['spec.scope', 'Required value'];
  const versions = spec.versions ?? [];
  if (versions.filter((version) => version.storage).length !== 1) {
    return ['spec.versions', 'Invalid value: must have exactly one version marked as storage version'];
  }
  const missing = versions.findIndex((version) => version.schema?.openAPIV3Schema === undefined);
  if (missing >= 0) return [`spec.versions[${missing}].schema.openAPIV3Schema`, 'Required value: schemas are required'];
  const expected = `${spec.names.plural}.${spec.group}`;
  if (definition.metadata.name !== expected) {
    return ['metadata.name', `Invalid value: "${definition.metadata.name}": must be spec.names.plural+"."+spec.group`];
  }
  return undefined;
}

/** @returns the definition with the names and the conversion the server fills in */
export function withDefinitionDefaults(definition: KubeObject): KubeObject {
  const spec = definition['spec'] as DefinitionSpec | undefined;
  if (!spec?.names?.kind) return definition;
  const names = {
    ...spec.names,
    listKind: spec.names.listKind ?? `${spec.names.kind}List`,
    singular: spec.names.singular ?? spec.names.kind.toLowerCase(),
  };
  return { ...definition, spec: { conversion: { strategy: 'None' }, ...spec, names } };
}

/** @returns one type per served version, the storage version first */
export function customTypes(definition: KubeObject): ServedType[] {
  const spec = definitionSpec(definition);
  const versions = spec.versions.filter((version) => version.served);
  return versions.map((version) => ({
    group: spec.group,
    version: version.name,
    apiVersion: `${spec.group}/${version.name}`,
    resource: spec.names.plural,
    kind: spec.names.kind,
    listKind: spec.names.listKind ?? `${spec.names.kind}List`,
    singular: spec.names.singular ?? spec.names.kind.toLowerCase(),
    shortNames: spec.names.shortNames ?? [],
    categories: spec.names.categories ?? [],
    namespaced: spec.scope === 'Namespaced',
    verbs: storedVerbs,
    subresources: version.subresources?.['status'] === undefined ? [] : ['status'],
    counted: true,
    unconditionalUpdate: false,
    selectable: (version.selectableFields ?? []).map((field) => field.jsonPath.replace(/^\./, '')),
    custom: true,
    schema: schemaFromCrd(version.schema?.openAPIV3Schema),
    columns: version.additionalPrinterColumns ?? [],
  }));
}
