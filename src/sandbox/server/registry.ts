import type { KubeObject } from '../../model/cluster.ts';
import { customTypes } from './definitions.ts';
import { builtInTypes, type ServedType } from './resources.ts';

/** `v1` before `v1beta2` before `v1beta1` before `v1alpha1`, as API servers order versions. */
function versionRank(version: string): number {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return -1;
  const stability = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return stability * 1e6 + Number(match[1]) * 1e3 + Number(match[3] ?? 0);
}

/** Which resources the server serves at the moment. */
export class Registry {
  readonly #types = new Map<string, ServedType>();
  /** CustomResourceDefinition name → what it makes the server serve. */
  readonly #custom = new Map<string, readonly ServedType[]>();

  constructor() {
    for (const type of builtInTypes()) this.#types.set(`${type.apiVersion}/${type.resource}`, type);
  }

  /** @returns the type behind `/apis/<apiVersion>/…/<resource>`, or undefined when it is not served */
  find(apiVersion: string, resource: string): ServedType | undefined {
    return this.#types.get(`${apiVersion}/${resource}`);
  }

  /** Whether requests below this group are answered by the server's own code, not by that for custom resources. */
  isBuiltIn(group: string): boolean {
    return [...this.#types.values()].some((type) => type.group === group && !type.custom);
  }

  /** @returns every served type: built-in ones first, then by definition */
  all(): ServedType[] {
    return [...this.#types.values()];
  }

  /** @returns one type per resource, in its preferred version; reviews, which store nothing, are left out */
  stored(): ServedType[] {
    const preferred = new Map<string, ServedType>();
    for (const type of this.#types.values()) {
      const key = `${type.group}/${type.resource}`;
      const other = preferred.get(key);
      if (!type.verbs.includes('list')) continue;
      if (!other || versionRank(type.version) > versionRank(other.version)) preferred.set(key, type);
    }
    return [...preferred.values()];
  }

  /** @returns the API groups but for the core one, each with its versions, preferred first */
  groups(): { name: string; versions: string[] }[] {
    const groups = new Map<string, Set<string>>();
    for (const type of this.#types.values()) {
      if (type.group === '') continue;
      const versions = groups.get(type.group) ?? new Set();
      groups.set(type.group, versions.add(type.version));
    }
    return [...groups].map(([name, versions]) => ({
      name,
      versions: [...versions].toSorted((a, b) => versionRank(b) - versionRank(a)),
    }));
  }

  /** Serves what an established definition declares, in place of what it declared before. */
  install(definition: KubeObject): void {
    this.uninstall(definition.metadata.name);
    const types = customTypes(definition);
    for (const type of types) this.#types.set(`${type.apiVersion}/${type.resource}`, type);
    this.#custom.set(definition.metadata.name, types);
  }

  uninstall(definitionName: string): void {
    for (const type of this.#custom.get(definitionName) ?? [])
      this.#types.delete(`${type.apiVersion}/${type.resource}`);
    this.#custom.delete(definitionName);
  }

  /** @returns what the definition of this name makes the server serve */
  installed(definitionName: string): readonly ServedType[] {
    return this.#custom.get(definitionName) ?? [];
  }
}
