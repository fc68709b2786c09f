import type { Registry } from './registry.ts';
import type { ServedType } from './resources.ts';
import { json, pageNotFound, unknownResource } from './status.ts';
import type { ServerResponse } from './types.ts';

const aggregated = 'g=apidiscovery.k8s.io';

interface Subresource {
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: readonly string[];
}

function subresource(type: ServedType, name: string): Subresource {
  const { group, version, kind } = type;
  if (name === 'token')
    return { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] };
  return { kind, group, version, verbs: name === 'finalize' ? ['update'] : ['get', 'patch', 'update'] };
}

function plainResources(types: readonly ServedType[]): object[] {
  return types.flatMap((type) => [
    {
      name: type.resource,
      singularName: type.singular,
      namespaced: type.namespaced,
      kind: type.kind,
      verbs: type.verbs,
      ...(type.shortNames.length > 0 ? { shortNames: type.shortNames } : {}),
      ...(type.categories.length > 0 ? { categories: type.categories } : {}),
    },
    ...type.subresources.map((name) => {
      const { kind, group, version, verbs } = subresource(type, name);
      const other = group === type.group ? {} : { group, version };
      return { name: `${type.resource}/${name}`, singularName: '', namespaced: type.namespaced, ...other, kind, verbs };
    }),
  ]);
}

function aggregatedResource(type: ServedType): object {
  return {
    resource: type.resource,
    responseKind: { group: type.group, version: type.version, kind: type.kind },
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: type.verbs,
    ...(type.shortNames.length > 0 ? { shortNames: type.shortNames } : {}),
    ...(type.categories.length > 0 ? { categories: type.categories } : {}),
    ...(type.subresources.length > 0
      ? {
          subresources: type.subresources.map((name) => {
            const { kind, group, version, verbs } = subresource(type, name);
            return { subresource: name, responseKind: { group, version, kind }, verbs };
          }),
        }
      : {}),
  };
}

type Group = ReturnType<Registry['groups']>[number];

function aggregatedList(registry: Registry, groups: readonly Group[]): ServerResponse {
  const all = registry.all();
  const items = groups.map((group) => ({
    metadata: group.name === '' ? { creationTimestamp: null } : { name: group.name, creationTimestamp: null },
    versions: group.versions.map((version) => ({
      version,
      resources: all.filter((type) => type.group === group.name && type.version === version).map(aggregatedResource),
      freshness: 'Current',
    })),
  }));
  const body = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
  return json(200, body, { 'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' });
}

function plainGroup(group: Group): object {
  const versions = group.versions.map((version) => ({ groupVersion: `${group.name}/${version}`, version }));
  return { name: group.name, versions, preferredVersion: versions[0] };
}

/**
 * Answers `/api`, `/apis` and what is below them that names no resource.
 * @returns the answer; a group version that is not served is a plain 404
 */
export function discovery(registry: Registry, path: string, accept: string | undefined): ServerResponse {
  const wantsAll = accept?.split(',')[0]?.includes(aggregated) === true && accept.includes('v=v2');
  const [root, first, second, ...more] = path.split('/').filter((part) => part !== '');
  if (more.length > 0 || (root === 'api' && second !== undefined)) return pageNotFound;
  if (root === 'api' && first === undefined) {
    if (wantsAll) return aggregatedList(registry, [{ name: '', versions: ['v1'] }]);
    return json(200, { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });
  }
  if (root === 'apis' && first === undefined) {
    if (wantsAll) return aggregatedList(registry, registry.groups());
    return json(200, { kind: 'APIGroupList', apiVersion: 'v1', groups: registry.groups().map(plainGroup) });
  }
  if (root === 'apis' && second === undefined) {
    const group = registry.groups().find((candidate) => candidate.name === first);
    return group ? json(200, { kind: 'APIGroup', apiVersion: 'v1', ...plainGroup(group) }) : pageNotFound;
  }
  const groupVersion = root === 'api' ? (first ?? '') : `${first}/${second}`;
  const types = registry.all().filter((type) => type.apiVersion === groupVersion);
  const isBuiltIn = root === 'api' || registry.isBuiltIn(first ?? '');
  if (types.length === 0 && isBuiltIn) throw unknownResource();
  if (types.length === 0) return pageNotFound;
  return json(200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: plainResources(types) });
}
