import type { KubeObject, RawCluster } from '../../src/model/cluster.ts';

interface ResourceList {
  readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
}

async function json<T>(cluster: RawCluster, path: string): Promise<T> {
  const { status, body } = await cluster.send({ method: 'GET', path });
  if (status !== 200) throw new Error(`${path}: ${status}`);
  return JSON.parse(body) as T;
}

/** @returns every object of every kind that the cluster serves, by `resource namespace/name` */
export async function dump(cluster: RawCluster): Promise<ReadonlyMap<string, KubeObject>> {
  const { groups } = await json<{ groups: readonly { preferredVersion: { groupVersion: string } }[] }>(
    cluster,
    '/apis',
  );
  const bases = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const objects = new Map<string, KubeObject>();
  for (const base of bases) {
    const { resources } = await json<ResourceList>(cluster, base);
    for (const { name, verbs } of resources) {
      if (!verbs.includes('list')) continue;
      const { items } = await json<{ items: readonly KubeObject[] }>(cluster, `${base}/${name}`);
      for (const item of items)
        objects.set(`${name} ${item.metadata.namespace ?? ''}/${item.metadata.name}`.replace(' /', ' '), item);
    }
  }
  return objects;
}

/** @returns what an object says, without what the server stamps on every write */
export const content = ({ metadata, ...rest }: KubeObject): unknown => {
  const { resourceVersion: _, managedFields: __, generation: ___, ...kept } = metadata;
  return { ...rest, metadata: kept };
};
