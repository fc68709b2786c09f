import { expect } from 'vitest';
import type { KubeObject } from '../../src/model/cluster.ts';
import { conditionOf } from '../../src/sandbox/actors/conditions.ts';
import { type Kind, kinds, type Klusterlet, names } from '../../src/sandbox/actors/kinds.ts';
import type { Ground, Site } from './ground.ts';

export const agentNamespace = 'open-cluster-management-agent';
export const configMaps: Kind<KubeObject & { readonly data?: Readonly<Record<string, string>> }> = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
};
export const lockKey = { type: kinds.lease, namespace: 'rollcall', name: 'fleet-rollcall-e2e' };

/** Waits for what others do. */
export const until = <T>(read: () => Promise<T>, holds: (value: T) => boolean, what: string): Promise<void> =>
  expect.poll(async () => holds(await read()), { timeout: 30_000, interval: 50, message: what }).toBe(true);

/** What a test looks at of one registration, on both sides. */
export const look = ({ hub }: Ground, member: Site, name = member.name) => ({
  cluster: () => hub.client.get({ type: kinds.managedCluster, name }),
  available: async (): Promise<string | undefined> => {
    const cluster = await hub.client.get({ type: kinds.managedCluster, name });
    return conditionOf(cluster?.status?.conditions, 'ManagedClusterConditionAvailable')?.status;
  },
  lease: () => hub.client.get({ type: kinds.lease, namespace: name, name: names.lease }),
  record: () => hub.client.get({ type: configMaps, namespace: 'rollcall', name }),
  identity: () =>
    hub.client.get({
      type: kinds.serviceAccount,
      namespace: 'open-cluster-management',
      name: `agent-registration-bootstrap-${name}`,
    }),
  namespaceOnHub: () => hub.client.get({ type: kinds.namespace, name }),
  requests: async () =>
    (await hub.client.list({ type: kinds.csr, labelSelector: `${names.clusterLabel}=${name}` })).items,
  klusterlet: (): Promise<Klusterlet | undefined> => member.client.get({ type: kinds.klusterlet, name: 'klusterlet' }),
  agentNamespace: () => member.client.get({ type: kinds.namespace, name: agentNamespace }),
  bootstrap: () => member.client.get({ type: kinds.secret, namespace: agentNamespace, name: names.bootstrapSecret }),
  credential: () => member.client.get({ type: kinds.secret, namespace: agentNamespace, name: names.hubSecret }),
  agent: (deployment: string) =>
    member.client.get({ type: kinds.deployment, namespace: agentNamespace, name: deployment }),
});

interface Discovery {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

async function answerOf<T>(site: Site, path: string): Promise<T> {
  let body = '';
  const ask = async (): Promise<number> => {
    const answer = await site.client.raw.send({ method: 'GET', path, headers: { accept: 'application/json' } });
    body = answer.body;
    return answer.status;
  };
  // A kind that was defined a moment ago answers 429 until its storage is ready.
  await expect.poll(ask, { timeout: 10_000, interval: 50, message: `${site.name} ${path}` }).toBe(200);
  return JSON.parse(body) as T;
}

/** @returns every object of a cluster, by path */
export async function everything(site: Site): Promise<ReadonlyMap<string, KubeObject>> {
  const { groups } = await answerOf<{ groups: { preferredVersion: { groupVersion: string } }[] }>(site, '/apis');
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const found = await Promise.all(
    roots.map(async (root) => {
      const { resources } = await answerOf<Discovery>(site, root);
      const listable = resources.filter(({ name, verbs }) => !name.includes('/') && verbs.includes('list'));
      const lists = await Promise.all(
        listable.map(async ({ name }) => {
          const { items } = await answerOf<{ items: KubeObject[] }>(site, `${root}/${name}`);
          return items.map((item): [string, KubeObject] => [
            `${root}/${name} ${item.metadata.namespace ?? ''}/${item.metadata.name}`,
            item,
          ]);
        }),
      );
      return lists.flat();
    }),
  );
  // API servers announce themselves there every ten seconds, and componentstatuses are no objects.
  const isNoise = (path: string): boolean =>
    path.includes('/leases kube-system/') || path.includes('/componentstatuses') || path.includes('/events ');
  return new Map(found.flat().filter(([path]) => !isNoise(path)));
}

/** @returns what identifies the state of a cluster: all versions where nobody else writes, otherwise what the program wrote and when */
export async function stateOf(site: Site, isOurs: boolean): Promise<Readonly<Record<string, unknown>>> {
  const all = [...(await everything(site))].map(([path, { metadata }]): [string, unknown] => [
    path,
    isOurs
      ? metadata.resourceVersion
      : metadata.managedFields?.filter(({ manager }) => manager.startsWith('rollcall')).map(({ time }) => time),
  ]);
  return Object.fromEntries(isOurs ? all : all.filter(([, times]) => Array.isArray(times) && times.length > 0));
}
