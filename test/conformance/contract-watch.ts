import { expect, it } from 'vitest';
import { events } from './api.ts';
import type { Subject } from './contract.ts';

/** Watches. */
export function watching({ api, namespace }: Subject): void {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const configMap = (name: string, labels: object) => ({ metadata: { name, labels } });
  const summary = (seen: Awaited<ReturnType<typeof events>>) =>
    seen.map(({ type, object }) => [type, object.metadata.name]);
  const version = async () => (await api().get(path)).body.metadata.resourceVersion;

  it('tells everything since a resourceVersion, in order, and goes on live', async () => {
    const from = await version();
    await api().post(path, configMap('w1', { set: 'watch' }));
    const live = events(
      api().raw,
      `${path}?watch=true&resourceVersion=${from}&timeoutSeconds=20`,
      (seen) => seen.length === 3,
    );
    await api().merge(`${path}/w1`, { data: { a: '1' } });
    await api().delete(`${path}/w1`);
    const seen = await live;
    expect(summary(seen)).toEqual([
      ['ADDED', 'w1'],
      ['MODIFIED', 'w1'],
      ['DELETED', 'w1'],
    ]);
    expect(seen[0]?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    const versions = seen.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions.toSorted((a, b) => a - b)).toEqual(versions);
  });

  it('shows objects that come into view and leave it', async () => {
    const from = await version();
    await api().post(path, configMap('w2', {}));
    await api().merge(`${path}/w2`, { metadata: { labels: { seen: 'yes' } } });
    await api().merge(`${path}/w2`, { metadata: { labels: { seen: null } } });
    const query = `watch=true&resourceVersion=${from}&labelSelector=seen%3Dyes&timeoutSeconds=20`;
    const seen = await events(api().raw, `${path}?${query}`, (all) => all.length === 2);
    expect(summary(seen)).toEqual([
      ['ADDED', 'w2'],
      ['DELETED', 'w2'],
    ]);
  });

  it('starts with what is there when no resourceVersion is given', async () => {
    await api().post(path, configMap('w3', {}));
    const query = `watch=true&fieldSelector=metadata.name%3Dw3&timeoutSeconds=20`;
    expect(summary(await events(api().raw, `${path}?${query}`, () => true))).toEqual([['ADDED', 'w3']]);
  });

  it('ends after its timeout, with a bookmark when asked for', async () => {
    const from = await version();
    const query = `watch=true&resourceVersion=${from}&allowWatchBookmarks=true&timeoutSeconds=2`;
    const seen = await events(api().raw, `${path}?${query}`, () => false);
    expect(seen.filter(({ type }) => type !== 'BOOKMARK')).toEqual([]);
    for (const { object } of seen) expect(Number(object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(from));
  });

  it('lists through a watch when asked for', async () => {
    await api().post(path, configMap('w4', { set: 'initial' }));
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const seen = await events(
      api().raw,
      `${path}?${query}&labelSelector=set%3Dinitial&timeoutSeconds=20`,
      (all) => all.at(-1)?.type === 'BOOKMARK',
    );
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
    expect(seen[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  });

  it('watches one object', async () => {
    await api().post(path, configMap('w5', {}));
    const query = 'watch=true&fieldSelector=metadata.name%3Dw5&timeoutSeconds=20';
    const accept = { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' };
    const stop = new AbortController();
    const { lines } = await api().raw.stream({
      method: 'GET',
      path: `${path}?${query}`,
      headers: accept,
      signal: stop.signal,
    });
    for await (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        type: 'ADDED',
        object: { kind: 'PartialObjectMetadata', metadata: { name: 'w5' } },
      });
      break;
    }
    stop.abort();
  });
}
