import { expect, test } from 'vitest';
import { errorOf, notFound, reset, scripted, status, types } from './scripted.ts';

const map = (name: string, data?: unknown) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'ns', resourceVersion: '7' },
  data,
});
const key = { type: types.configMap, namespace: 'ns', name: 'a' };
const page = (names: readonly string[], more?: string) => ({
  body: {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '9', ...(more !== undefined && { continue: more }) },
    items: names.map((name) => ({ metadata: { name } })),
  },
});

test("get gives the object and the server's time", async () => {
  const { cluster, requests } = scripted([{ body: map('a', { x: '1' }) }]);
  expect(await cluster.get(key)).toEqual({ object: map('a', { x: '1' }), at: '2026-11-21T06:20:28Z' });
  expect(requests[0]).toMatchObject({ method: 'GET', path: '/api/v1/namespaces/ns/configmaps/a' });
  expect(cluster.usage).toEqual({ connections: 0, requests: { get: 1 } });
});

test('absent is only what a Status says that names the object and its kind', async () => {
  expect(await scripted([notFound('configmaps', 'a')]).cluster.get(key)).toEqual({
    object: undefined,
    at: '2026-11-21T06:20:28Z',
  });
  const managed = { type: types.managedCluster, name: 'a' };
  const named = notFound('managedclusters', 'a', 'cluster.open-cluster-management.io');
  expect((await scripted([named]).cluster.get(managed)).object).toBeUndefined();
  for (const [answer, kind] of [
    [{ code: 404, text: '404 page not found\n', headers: { 'content-type': 'text/plain' } }, 'not-served'],
    [{ code: 404, text: '<html><body>not here</body></html>' }, 'not-kubernetes'],
    [{ code: 404, body: { error: 'not found' } }, 'not-kubernetes'],
    [notFound('configmaps', 'b'), 'not-found'],
    [notFound('configmaps', 'a', 'elsewhere.io'), 'not-found'],
    [notFound('namespaces', 'a'), 'not-found'],
    [status(404, 'NotFound', 'the server could not find the requested resource', {}), 'not-served'],
  ] as const) {
    expect(await errorOf(scripted([answer]).cluster.get(key))).toMatchObject({ kind });
  }
});

test("an answer that is no API server's is none", async () => {
  for (const answer of [
    { text: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } },
    { text: 'ok' },
    { body: { status: 'ok' } },
    { body: map('other') },
    { body: { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'a' } } },
    { code: 302, text: '', headers: { location: 'https://login' } },
    { code: 401, text: '<html>Log in</html>' },
    { body: map('a'), headers: { date: '' } },
  ]) {
    expect(await errorOf(scripted([answer], { retries: 0 }).cluster.get(key))).toMatchObject({
      kind: 'not-kubernetes',
    });
  }
  const gateway = { code: 503, text: '<html>SECRET-MARKER</html>' };
  const error = await errorOf(scripted([gateway, gateway], { retries: 1 }).cluster.get(key));
  expect(error).toMatchObject({
    kind: 'not-kubernetes',
    message: 'get ConfigMap ns/a: got an HTML page (HTTP 503) instead of an answer of an API server',
  });
});

test('a list is read page by page, all of it from the first position', async () => {
  const { cluster, requests } = scripted([page(['a', 'b'], 'token&1'), page(['c'])], { limit: 2 });
  const { items, resourceVersion } = await cluster.list({
    type: types.configMap,
    namespace: 'ns',
    labelSelector: 'a=b,c!=d',
  });
  expect(items.map((each) => `${each.apiVersion} ${each.kind} ${each.metadata.name}`)).toEqual([
    'v1 ConfigMap a',
    'v1 ConfigMap b',
    'v1 ConfigMap c',
  ]);
  expect(resourceVersion).toBe('9');
  expect(requests.map((each) => each.path)).toEqual([
    '/api/v1/namespaces/ns/configmaps?labelSelector=a%3Db%2Cc%21%3Dd&limit=2',
    '/api/v1/namespaces/ns/configmaps?labelSelector=a%3Db%2Cc%21%3Dd&limit=2&continue=token%261',
  ]);
});

const expired = status(410, 'Expired', 'The provided continue parameter is too old');

test('a list whose continuation expired starts over, a bounded number of times', async () => {
  const { cluster } = scripted([page(['a'], 't'), expired, page(['b'], 'u'), page(['c'])]);
  expect((await cluster.list({ type: types.configMap })).items.map((each) => each.metadata.name)).toEqual(['b', 'c']);
  const again = Array.from({ length: 4 }, () => [page(['a'], 't'), expired]).flat();
  expect(await errorOf(scripted(again).cluster.list({ type: types.configMap }))).toMatchObject({
    kind: 'expired',
    message: 'list configmaps: it expired 4 times before its last page was read',
  });
});

test('a list of which one page cannot be read is an error, never shorter', async () => {
  const failed = status(500, 'InternalError', 'etcdserver: leader changed');
  const { cluster } = scripted([page(['a'], 't'), failed, failed], { retries: 1 });
  expect(await errorOf(cluster.list({ type: types.configMap }))).toMatchObject({
    kind: 'unavailable',
    message: 'the server failed to list configmaps (500): etcdserver: leader changed',
  });
  for (const body of [
    { kind: 'ConfigMapList', apiVersion: 'v1', metadata: {} },
    { kind: 'ConfigMapList', apiVersion: 'v1', metadata: {}, items: [{}] },
    { kind: 'Dashboard', items: [] },
  ]) {
    expect(await errorOf(scripted([{ body }]).cluster.list({ type: types.configMap }))).toMatchObject({
      kind: 'not-kubernetes',
    });
  }
  expect(await errorOf(scripted([page([], 't'), page([], 't')]).cluster.list({ type: types.configMap }))).toMatchObject(
    { kind: 'unavailable' },
  );
});

test('a list of metadata asks for it, and drops the rest of a server that does not know how', async () => {
  const body = { kind: 'ConfigMapList', apiVersion: 'v1', metadata: {}, items: [map('a', { x: '1' })] };
  const { cluster, requests } = scripted([{ body }]);
  const { items } = await cluster.list({ type: types.configMap, metadataOnly: true });
  expect(items).toEqual([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns', resourceVersion: '7' } },
  ]);
  expect(requests[0]?.headers?.['accept']).toBe(
    'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
  );
});

test('a null list of Go is empty', async () => {
  const body = { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '3' }, items: null };
  expect(await scripted([{ body }]).cluster.list({ type: types.configMap })).toMatchObject({
    items: [],
    resourceVersion: '3',
  });
});

test('reads are repeated after a reset, 429 and 5xx, with growing pauses and at least what the server asks for', async () => {
  const busy = { ...status(429, 'TooManyRequests', 'slow down'), headers: { 'retry-after': '2' } };
  const { cluster, slept, requests } = scripted([
    reset(),
    busy,
    { code: 503, text: 'unavailable' },
    { body: map('a') },
  ]);
  expect((await cluster.get(key)).object?.metadata.name).toBe('a');
  expect(slept).toEqual([187.5, 2000, 750]);
  expect(requests).toHaveLength(4);
  expect(cluster.usage.requests).toEqual({ get: 4 });
});

test('a pause longer than half a minute is left to the next run', async () => {
  const busy = { ...status(429, 'TooManyRequests', 'slow down'), headers: { 'retry-after': '120' } };
  const { cluster, requests } = scripted([busy]);
  expect(await errorOf(cluster.get(key))).toMatchObject({ kind: 'unavailable', retryable: true });
  expect(requests).toHaveLength(1);
});
