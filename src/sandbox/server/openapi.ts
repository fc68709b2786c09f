import type { Registry } from './registry.ts';
import type { ServedType } from './resources.ts';
import { json, pageNotFound } from './status.ts';
import type { ServerResponse } from './types.ts';

function root(apiVersion: string): string {
  return apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`;
}

function patchOperation(type: ServedType): object {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }));
  return {
    parameters,
    responses: {},
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group: type.group, version: type.version, kind: type.kind },
  };
}

/**
 * Answers `/openapi/v3` and its documents: just enough for kubectl to see that the server validates fields itself.
 */
export function openapi(registry: Registry, path: string): ServerResponse {
  const types = registry.all();
  if (path === '/openapi/v3') {
    const groups = [...new Set(types.map((type) => root(type.apiVersion)))];
    const paths = groups.map((group) => [group, { serverRelativeURL: `/openapi/v3/${group}?hash=${types.length}` }]);
    return json(200, { paths: Object.fromEntries(paths) });
  }
  const asked = path.slice('/openapi/v3/'.length);
  const served = types.filter((type) => root(type.apiVersion) === asked);
  if (served.length === 0) return pageNotFound;
  const paths = served.map((type) => {
    const scope = type.namespaced ? '/namespaces/{namespace}' : '';
    return [`/${asked}${scope}/${type.resource}/{name}`, { patch: patchOperation(type) }];
  });
  return json(200, {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.2' },
    paths: Object.fromEntries(paths),
    components: { schemas: {} },
  });
}
