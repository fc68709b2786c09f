import { expect, test } from 'vitest';
import { errorOf, scripted, status } from './scripted.ts';

const plain404 = { code: 404, text: '404 page not found\n', headers: { 'content-type': 'text/plain' } };
const resources = (
  groupVersion: string,
  ...names: readonly [name: string, kind: string, namespaced: boolean, verbs?: readonly string[]][]
) => ({
  body: {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: names.map(([name, kind, namespaced, verbs = ['get', 'list']]) => ({
      name,
      kind,
      namespaced,
      verbs,
      singularName: '',
    })),
  },
});
const groups = (...versions: readonly string[]) => ({
  body: {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: versions.map((groupVersion) => ({
      name: groupVersion.split('/')[0],
      versions: [{ groupVersion }],
      preferredVersion: { groupVersion },
    })),
  },
});

test('served lists the resources of a group version, without subresources', async () => {
  const { cluster, requests } = scripted([
    resources('x.io/v1', ['things', 'Thing', false], ['things/status', 'Thing', false]),
  ]);
  expect(await cluster.served('x.io/v1')).toEqual({
    resources: [{ apiVersion: 'x.io/v1', kind: 'Thing', resource: 'things', namespaced: false }],
    at: '2026-11-21T06:20:28Z',
  });
  expect(requests.map((each) => each.path)).toEqual(['/apis/x.io/v1']);
});

test('not served is proven by the list of groups, not by a page that was not found', async () => {
  const { cluster, requests } = scripted([
    plain404,
    groups('apps/v1'),
    plain404,
    groups('x.io/v1'),
    plain404,
    { text: '<html>' },
  ]);
  expect((await cluster.served('x.io/v1')).resources).toBeUndefined();
  expect(requests.map((each) => each.path)).toEqual(['/apis/x.io/v1', '/apis']);
  expect(await errorOf(cluster.served('x.io/v1'))).toMatchObject({ kind: 'unavailable' });
  expect(await errorOf(cluster.served('x.io/v1'))).toMatchObject({ kind: 'not-kubernetes' });
});

test('what refuses discovery is not taken for "not served"', async () => {
  expect(await errorOf(scripted([status(403, 'Forbidden', 'forbidden: no')]).cluster.served('x.io/v1'))).toMatchObject({
    kind: 'forbidden',
  });
  expect(
    await errorOf(scripted([{ body: { kind: 'APIGroupList', groups: [] } }]).cluster.served('x.io/v1')),
  ).toMatchObject({ kind: 'not-kubernetes' });
});

const group = (name: string | undefined, ...versions: readonly unknown[]) => ({
  metadata: { ...(name !== undefined && { name }) },
  versions,
});
const version = (
  name: string,
  entries: readonly [string, string, string, readonly string[]][],
  freshness = 'Current',
) => ({
  version: name,
  freshness,
  resources: entries.map(([resource, kind, scope, verbs]) => ({
    resource,
    responseKind: { kind, group: '', version: '' },
    scope,
    verbs,
  })),
});
const aggregated = (...items: readonly unknown[]) => ({
  body: { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', items },
});

test('every namespaced type that can be listed, in its preferred version, from two requests', async () => {
  const { cluster, requests } = scripted([
    aggregated(
      group(
        undefined,
        version('v1', [
          ['pods', 'Pod', 'Namespaced', ['list']],
          ['bindings', 'Binding', 'Namespaced', ['create']],
          ['nodes', 'Node', 'Cluster', ['list']],
        ]),
      ),
    ),
    aggregated(
      group('apps', version('v1', [['deployments', 'Deployment', 'Namespaced', ['list']]])),
      group(
        'x.io',
        version('v2', [['things', 'Thing', 'Namespaced', ['list']]]),
        version('v1', [
          ['things', 'Thing', 'Namespaced', ['list']],
          ['olds', 'Old', 'Namespaced', ['list']],
        ]),
      ),
    ),
  ]);
  const types = await cluster.namespacedTypes();
  expect(types.map((type) => `${type.apiVersion} ${type.resource}`).toSorted()).toEqual([
    'apps/v1 deployments',
    'v1 pods',
    'x.io/v1 olds',
    'x.io/v2 things',
  ]);
  expect(types[0]).toEqual({ apiVersion: 'v1', kind: 'Pod', resource: 'pods', namespaced: true });
  expect(requests.map((each) => each.path)).toEqual(['/api', '/apis']);
});

test('a group whose own server does not answer makes the whole unknown', async () => {
  const { cluster } = scripted([aggregated(), aggregated(group('metrics.k8s.io', version('v1beta1', [], 'Stale')))]);
  expect(await errorOf(cluster.namespacedTypes())).toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('metrics.k8s.io/v1beta1'),
  });
});

test('a server without aggregated discovery is asked group by group', async () => {
  const { cluster, requests } = scripted([
    { body: { kind: 'APIVersions', versions: ['v1'] } },
    groups('apps/v1'),
    resources('v1', ['pods', 'Pod', true], ['pods/log', 'Pod', true]),
    resources('apps/v1', ['deployments', 'Deployment', true], ['scales', 'Scale', true, ['get']]),
  ]);
  const types = await cluster.namespacedTypes();
  expect(types.map((type) => `${type.apiVersion} ${type.resource}`)).toEqual(['v1 pods', 'apps/v1 deployments']);
  expect(requests.map((each) => each.path)).toEqual(['/api', '/apis', '/api/v1', '/apis/apps/v1']);
});
