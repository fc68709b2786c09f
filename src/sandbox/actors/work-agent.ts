import { createHash } from 'node:crypto';
import type { KubeObject } from '../../model/cluster.ts';
import { startCache } from './cache.ts';
import { type Client, clientOf } from './client.ts';
import { timestamp, withConditions } from './conditions.ts';
import { type AppliedResource, type Condition, kinds, type ManifestWork, names } from './kinds.ts';
import { addressIn, decoded, withEmbeddedKey } from './kubeconfig.ts';
import { aborted, startLoop } from './loop.ts';
import { flag, type Process } from './programs.ts';

/**
 * The work agent (facts/ocm 5.3, 13): what a ManifestWork in the cluster's namespace on the hub lists exists on the member, and goes with it.
 * Exits when the hub kubeconfig changes; without one it waits.
 */
export const runWorkAgent = async (process: Process): Promise<void> => {
  const { member, namespace, signal, clock } = process;
  const exit = new AbortController();
  const read = (): Readonly<Record<string, string>> | undefined => member.secrets.get(names.hubSecret, namespace)?.data;
  const content = JSON.stringify(read());
  const unsubscribe = member.secrets.subscribe(() => {
    if (JSON.stringify(read()) !== content) exit.abort();
  });
  const ends = AbortSignal.any([signal, exit.signal]);
  try {
    const data = decoded(read());
    const address = addressIn(data['kubeconfig'], process.readYaml);
    if (address === undefined) return await aborted(ends);
    const raw = await process.dial(withEmbeddedKey(data, address));
    const hub = clientOf(raw, 'work');
    const name = flag(process.args, 'spoke-cluster-name') ?? '';
    const works = startCache(hub, { type: kinds.manifestWork, namespace: name }, clock);
    const hubHash = createHash('sha256').update(address.server).digest('hex');
    const agent = {
      hub,
      member: member.client('work'),
      hubHash,
      agentId: flag(process.args, 'agent-id') ?? '',
      now: () => clock.now(),
      applied: new Map(),
    };
    const loop = startLoop({
      clock,
      onError: (key, error) => process.log(`${member.name} work ${key}`, error),
      async reconcile(key) {
        const work = works.get(key, name);
        if (work === undefined) return undefined;
        await (work.metadata.deletionTimestamp === undefined ? applyWork(agent, work) : drainWork(agent, work));
        return undefined;
      },
    });
    works.subscribe(({ metadata }) => loop.wake(metadata.name));
    await aborted(ends);
    await Promise.all([works.stop(), loop.stop()]);
    await raw.close();
  } finally {
    unsubscribe();
  }
};

interface Agent {
  /** Generation of each work (by UID) that this process has applied. */
  readonly applied: Map<string | undefined, number | undefined>;
  readonly hub: Client;
  readonly member: Client;
  readonly hubHash: string;
  readonly agentId: string;
  now(): number;
}

const keyOf = (work: ManifestWork) => ({
  type: kinds.manifestWork,
  namespace: work.metadata.namespace ?? '',
  name: work.metadata.name,
});
const appliedKey = ({ hubHash }: Agent, work: ManifestWork) => ({
  type: kinds.appliedWork,
  name: `${hubHash}-${work.metadata.name}`,
});

const done = (type: string, reason: string, message: string, generation: number | undefined): Condition => ({
  type,
  status: 'True',
  reason,
  message,
  ...(generation === undefined ? {} : { observedGeneration: generation }),
});

const applyWork = async (agent: Agent, work: ManifestWork): Promise<void> => {
  const { generation } = work.metadata;
  const wanted = [
    done('Applied', 'AppliedManifestWorkComplete', 'Apply manifest work complete', generation),
    done('Available', 'ResourcesAvailable', 'All resources are available', generation),
  ];
  if (agent.applied.get(work.metadata.uid) === generation) return;
  await agent.hub.edit(keyOf(work), ({ metadata }) =>
    metadata.finalizers?.includes(names.workCleanup) === true
      ? undefined
      : { metadata: { finalizers: [...(metadata.finalizers ?? []), names.workCleanup] } },
  );
  const key = appliedKey(agent, work);
  await rememberWork(agent, work);
  const appliedResources: AppliedResource[] = [];
  for (const manifest of work.spec?.workload?.manifests ?? [])
    appliedResources.push(await applyManifest(agent.member, manifest));
  await agent.member.edit(key, () => ({ status: { appliedResources } }), { subresource: 'status' });
  await agent.hub.edit(
    keyOf(work),
    (live) => {
      const conditions = withConditions(live.status?.conditions, wanted, timestamp(agent.now()));
      return conditions && { status: { conditions } };
    },
    { subresource: 'status' },
  );
  agent.applied.set(work.metadata.uid, generation);
};

/** What an earlier agent left behind under this name becomes this agent's. */
const rememberWork = async (agent: Agent, work: ManifestWork): Promise<void> => {
  const { name } = appliedKey(agent, work);
  const metadata = { name, finalizers: [names.appliedWorkCleanup] };
  const spec = { hubHash: agent.hubHash, agentID: agent.agentId, manifestWorkName: work.metadata.name };
  const { apiVersion } = kinds.appliedWork;
  if (await agent.member.ensure(kinds.appliedWork, { apiVersion, kind: 'AppliedManifestWork', metadata, spec })) return;
  await agent.member.edit(appliedKey(agent, work), (live) =>
    live.spec?.agentID === agent.agentId ? undefined : { metadata: { finalizers: metadata.finalizers }, spec },
  );
};

const applyManifest = async (member: Client, manifest: KubeObject): Promise<AppliedResource> => {
  const type = await member.typeOf(manifest);
  await member.apply(type, manifest);
  const [version = '', group = ''] = type.apiVersion.split('/').toReversed();
  const { name, namespace } = manifest.metadata;
  return { group, version, resource: type.resource, name, ...(namespace === undefined ? {} : { namespace }) };
};

/** The work goes only after everything it brought is gone from the member. */
const drainWork = async (agent: Agent, work: ManifestWork): Promise<void> => {
  const key = appliedKey(agent, work);
  const applied = await agent.member.get(key);
  const orphan = work.spec?.deleteOption?.propagationPolicy === 'Orphan';
  for (const resource of orphan ? [] : (applied?.status?.appliedResources ?? [])) {
    const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
    const type = { apiVersion, kind: '', resource: resource.resource, namespaced: resource.namespace !== undefined };
    await agent.member.remove({
      type,
      name: resource.name,
      ...(resource.namespace === undefined ? {} : { namespace: resource.namespace }),
    });
  }
  await agent.member.remove(key);
  await agent.member.edit(key, ({ metadata }) => ({
    metadata: { finalizers: (metadata.finalizers ?? []).filter((finalizer) => finalizer !== names.appliedWorkCleanup) },
  }));
  await agent.hub.edit(keyOf(work), ({ metadata }) => ({
    metadata: { finalizers: (metadata.finalizers ?? []).filter((finalizer) => finalizer !== names.workCleanup) },
  }));
};
