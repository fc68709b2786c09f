import { expect, test } from 'vitest';
import type { Cluster, WatchEvent } from '../../src/model/cluster.ts';
import { errorOf, reset, scripted, status, types } from './scripted.ts';

const event = (type: string, name: string, resourceVersion: string) => ({
  type,
  object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name, resourceVersion } },
});
const bookmark = (resourceVersion: string) => ({
  type: 'BOOKMARK',
  object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion, creationTimestamp: null } },
});
const expired = {
  type: 'ERROR',
  object: { kind: 'Status', apiVersion: 'v1', code: 410, reason: 'Expired', message: 'too old resource version' },
};

/** Reads until `count` events came. */
async function take(cluster: Cluster, count: number): Promise<WatchEvent[]> {
  const stop = new AbortController();
  const events: WatchEvent[] = [];
  for await (const each of cluster.watch(
    { type: types.configMap, namespace: 'ns' },
    { resourceVersion: '1', signal: stop.signal },
  )) {
    events.push(each);
    if (events.length === count) stop.abort();
  }
  return events;
}

const positions = (requests: readonly { path: string }[]) =>
  requests.map((each) => new URL(each.path, 'https://x').searchParams.get('resourceVersion'));

test('a watch resumes where it was after the server ended it, it broke, or a line was cut off', async () => {
  const { cluster, requests } = scripted([
    { lines: [event('ADDED', 'a', '2'), bookmark('5')] },
    { lines: [event('MODIFIED', 'a', '6'), reset()] },
    { lines: ['{"type":"ADD'] },
    reset(),
    { lines: [event('DELETED', 'a', '7')] },
  ]);
  const events = await take(cluster, 4);
  expect(
    events.map((each) => `${each.type} ${each.object.metadata.name} ${each.object.metadata.resourceVersion}`),
  ).toEqual(['ADDED a 2', 'BOOKMARK  5', 'MODIFIED a 6', 'DELETED a 7']);
  expect(positions(requests)).toEqual(['1', '5', '6', '6', '6']);
  expect(requests[0]?.path).toContain('/api/v1/namespaces/ns/configmaps?watch=true&allowWatchBookmarks=true');
  expect(cluster.usage.requests).toEqual({ watch: 5 });
});

test('a position that is too old ends it: the caller lists again', async () => {
  expect(await errorOf(take(scripted([{ lines: [event('ADDED', 'a', '2'), expired] }]).cluster, 9))).toMatchObject({
    kind: 'expired',
  });
  expect(await errorOf(take(scripted([status(410, 'Expired', 'too old')]).cluster, 9))).toMatchObject({
    kind: 'expired',
  });
});

test('what waiting does not mend ends it', async () => {
  const denied = status(
    403,
    'Forbidden',
    'configmaps is forbidden: User "bob" cannot watch resource "configmaps" in API group "" in the namespace "ns"',
  );
  expect(await errorOf(take(scripted([denied]).cluster, 9))).toMatchObject({
    kind: 'forbidden',
    message: 'bob may not watch configmaps in the namespace "ns"',
  });
  expect(await errorOf(take(scripted([{ code: 404, text: '404 page not found' }]).cluster, 9))).toMatchObject({
    kind: 'not-served',
  });
  expect(await errorOf(take(scripted([{ code: 302, text: '<html>' }]).cluster, 9))).toMatchObject({
    kind: 'not-kubernetes',
  });
});

test('a page in place of a watch is no line that was cut off', async () => {
  const page = { text: '<html>', headers: { 'content-type': 'text/html' } };
  expect(await errorOf(take(scripted([page]).cluster, 9))).toMatchObject({ kind: 'not-kubernetes' });
});

test('a watch that fails again and again is opened more and more slowly', async () => {
  const { cluster, slept } = scripted([
    reset(),
    reset(),
    status(503, 'ServiceUnavailable', 'starting'),
    { lines: [] },
    { lines: [event('ADDED', 'a', '2')] },
  ]);
  await take(cluster, 1);
  expect(slept).toEqual([375, 750, 1500]);
});

test('a signal that fired before asks nothing', async () => {
  const { cluster, requests } = scripted([]);
  const events = cluster.watch({ type: types.configMap }, { resourceVersion: '1', signal: AbortSignal.abort() });
  expect(await events[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
  expect(requests).toEqual([]);
});

test('secrets that are watched are reduced as well', async () => {
  const object = {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name: 's', resourceVersion: '2' },
    data: { a: 'eA==', b: 'eA==' },
  };
  const { cluster } = scripted([{ lines: [{ type: 'ADDED', object }] }]);
  const stop = new AbortController();
  for await (const each of cluster.watch(
    { type: types.secret },
    { resourceVersion: '1', signal: stop.signal, facts: { a: 'present' } },
  )) {
    expect(each.object).toEqual({
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: { name: 's', resourceVersion: '2' },
      facts: { a: true },
    });
    stop.abort();
  }
  expect.assertions(1);
});
