import { startCache } from './cache.ts';
import { type Client, unless } from './client.ts';
import { withConditions } from './conditions.ts';
import { judgeConnection } from './hub-connection.ts';
import { type AppliedWork, type Condition, type Deployment, kinds, type Klusterlet, names } from './kinds.ts';
import { aborted, startLoop } from './loop.ts';
import { agentNamespaceOf, definitions, deploymentsFor, specHash, staticObjects } from './operator-objects.ts';
import type { Process } from './programs.ts';

const resync = 5 * 60_000;
/** While the hub does not let the agent in yet, the connection is looked at more often. */
const waitingResync = 30_000;

const degraded = (
  type: string,
  deployments: readonly Deployment[],
  name: string,
  generation: number | undefined,
): Condition => {
  const own = deployments.find(({ metadata }) => metadata.name === name);
  const replicas = own?.spec?.replicas ?? 1;
  const missing = own === undefined || (own.status?.availableReplicas ?? 0) < replicas;
  return {
    type,
    status: missing ? 'True' : 'False',
    reason: missing ? 'UnavailablePods' : 'DeploymentsFunctional',
    message: missing
      ? `${name} has fewer available replicas than ${replicas}`
      : `deployments replicas are desired: ${replicas}`,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
};

const available = (deployments: readonly Deployment[], generation: number | undefined): Condition => {
  const empty = deployments.find(({ status }) => (status?.availableReplicas ?? 0) === 0);
  return {
    type: 'Available',
    status: empty === undefined ? 'True' : 'False',
    reason: empty === undefined ? 'KlusterletAvailable' : 'NoAvailablePods',
    message:
      empty === undefined
        ? 'deployments are available'
        : `0 of requested instances are available of deployment "${empty.metadata.namespace}" "${empty.metadata.name}"`,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
};

const isServed = async <T>(attempt: Promise<T>, otherwise: T): Promise<T> => (await unless(404, attempt)) ?? otherwise;

/** The klusterlet operator of one member (facts/ocm 1.5, 1.6, 5.2, 13). Runs while its Deployment does. */
export const runOperator = async (process: Process): Promise<void> => {
  const { member, clock, speed, signal, log } = process;
  const client = member.client('registration-operator');
  const klusterlets = startCache<Klusterlet>(client, { type: kinds.klusterlet }, clock);
  /** UID and generation of Klusterlets whose static objects are in place. */
  const applied = new Map<string, string>();
  /** What the hub connection was last judged by. */
  const judged = new Map<string, string>();
  const timers = new Map<string, () => void>();
  const stamp = (): string => new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');

  const setStatus = (
    klusterlet: Klusterlet,
    wanted: readonly Condition[],
    observedGeneration?: number,
  ): Promise<unknown> =>
    client.edit<Klusterlet>(
      { type: kinds.klusterlet, name: klusterlet.metadata.name },
      ({ status }) => {
        const conditions = withConditions(status?.conditions, wanted, stamp());
        const seen = observedGeneration === undefined || status?.observedGeneration === observedGeneration;
        if (conditions === undefined && seen) return undefined;
        return { status: { ...(conditions && { conditions }), ...(seen ? {} : { observedGeneration }) } };
      },
      { subresource: 'status', known: klusterlet },
    );

  const joined = (namespace: string): boolean =>
    member.secrets.get(names.hubSecret, namespace)?.data?.['kubeconfig'] !== undefined;

  const applyDeployments = async (klusterlet: Klusterlet): Promise<readonly Deployment[]> => {
    const namespace = agentNamespaceOf(klusterlet);
    const wanted = deploymentsFor(klusterlet, joined(namespace));
    const own = member.deployments
      .items()
      .filter(({ metadata }) => metadata.labels?.[names.createdByLabel] === klusterlet.metadata.name);
    for (const { metadata } of own)
      if (!wanted.some(({ metadata: { name } }) => name === metadata.name)) await removeDeployment(client, metadata);
    const live: Deployment[] = [];
    for (const draft of wanted) {
      const had = own.find(({ metadata }) => metadata.name === draft.metadata.name);
      const { annotations } = draft.metadata;
      if (had === undefined)
        live.push(...((await client.ensure(kinds.deployment, draft)) ? [draft as Deployment] : []));
      else if (had.metadata.annotations?.[specHash] === annotations?.[specHash]) live.push(had);
      else
        live.push(
          await client.update<Deployment>(kinds.deployment, {
            ...had,
            metadata: { ...had.metadata, annotations: { ...had.metadata.annotations, ...annotations } },
            spec: draft['spec'] as NonNullable<Deployment['spec']>,
          }),
        );
    }
    return live;
  };

  const apply = async (klusterlet: Klusterlet): Promise<void> => {
    const { name, uid, generation } = klusterlet.metadata;
    await client.edit<Klusterlet>(
      { type: kinds.klusterlet, name },
      ({ metadata }) =>
        metadata.finalizers?.includes(names.klusterletCleanup) === true
          ? undefined
          : { metadata: { finalizers: [...(metadata.finalizers ?? []), names.klusterletCleanup] } },
      { known: klusterlet },
    );
    if (applied.get(name) !== `${uid}/${generation}`) {
      for (const definition of definitions) await client.ensure(kinds.customResource, definition);
      await ensureNamespaces(client, klusterlet);
      for (const { type, object } of staticObjects(klusterlet)) await client.ensure(type, object);
      applied.set(name, `${uid}/${generation}`);
    }
    const deployments = await applyDeployments(klusterlet);
    const registration = deployments[0]?.metadata.name ?? '';
    const work = deployments.at(-1)?.metadata.name ?? '';
    await setStatus(
      klusterlet,
      [
        {
          type: 'ValidFeatureGates',
          status: 'True',
          reason: 'FeatureGatesAllValid',
          message: 'Feature gates are all valid',
        },
        { type: 'Applied', status: 'True', reason: 'KlusterletApplied', message: 'Klusterlet Component Applied' },
        available(deployments, generation),
        degraded('RegistrationDesiredDegraded', deployments, registration, generation),
        degraded('WorkDesiredDegraded', deployments, work, generation),
      ],
      generation,
    );
  };

  const remove = async (klusterlet: Klusterlet): Promise<void> => {
    const { name, uid } = klusterlet.metadata;
    const namespace = agentNamespaceOf(klusterlet);
    applied.delete(name);
    judged.delete(name);
    for (const { metadata } of member.deployments.items())
      if (metadata.labels?.[names.createdByLabel] === name) await removeDeployment(client, metadata);
    const works = await isServed(client.list<AppliedWork>({ type: kinds.appliedWork }), {
      items: [],
      resourceVersion: '',
    });
    for (const work of works.items)
      if (work.spec?.agentID === uid)
        await client.edit({ type: kinds.appliedWork, name: work.metadata.name }, ({ metadata }) => ({
          metadata: {
            finalizers: (metadata.finalizers ?? []).filter((finalizer) => finalizer !== names.appliedWorkCleanup),
          },
        }));
    for (const { type, object } of staticObjects(klusterlet))
      await client.remove({ type, name: object.metadata.name ?? '', ...(type.namespaced ? { namespace } : {}) });
    await client.remove({ type: kinds.secret, namespace, name: names.hubSecret });
    await removeNamespaces(client, namespace);
    await client.edit({ type: kinds.klusterlet, name }, ({ metadata }) => ({
      metadata: {
        finalizers: (metadata.finalizers ?? []).filter((finalizer) => finalizer !== names.klusterletCleanup),
      },
    }));
  };

  const reconcile = async (name: string): Promise<undefined> => {
    const klusterlet = klusterlets.get(name);
    if (klusterlet === undefined) return undefined;
    if (klusterlet.metadata.deletionTimestamp !== undefined) {
      await remove(klusterlet);
      return undefined;
    }
    try {
      await apply(klusterlet);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown';
      await setStatus(klusterlet, [{ type: 'Applied', status: 'False', reason: 'KlusterletApplyFailed', message }]);
      throw error;
    }
    return undefined;
  };

  /** Has a connection judged again although nothing that is seen here changed. */
  const judgeLater = (name: string, ms: number): void => {
    timers.get(name)?.();
    const again = (): void => {
      judged.delete(name);
      connectionLoop.wake(name);
    };
    timers.set(name, clock.after(ms / speed, again));
  };

  const judge = async (name: string): Promise<number | undefined> => {
    const klusterlet = klusterlets.get(name);
    if (klusterlet === undefined || klusterlet.metadata.deletionTimestamp !== undefined) return undefined;
    const namespace = agentNamespaceOf(klusterlet);
    const secrets = [names.bootstrapSecret, names.hubSecret].map(
      (secret) => member.secrets.get(secret, namespace)?.metadata.resourceVersion,
    );
    const basis = JSON.stringify([klusterlet.metadata.generation, ...secrets]);
    if (judged.get(name) !== basis) {
      const condition = await judgeConnection(process, namespace, klusterlet.spec?.clusterName ?? '');
      await setStatus(klusterlet, [condition]);
      judged.set(name, basis);
      judgeLater(name, condition.reason.endsWith('HubKubeConfigUnauthorized') ? waitingResync : resync);
    }
    return undefined;
  };
  const connectionLoop = startLoop({
    clock,
    reconcile: judge,
    onError: (key, error) => log(`${member.name} hub connection ${key}`, error),
  });
  const loop = startLoop({ clock, reconcile, onError: (key, error) => log(`${member.name} operator ${key}`, error) });

  const wakeIn = (namespace: string | undefined, connection: boolean): void => {
    for (const klusterlet of klusterlets.items())
      if (agentNamespaceOf(klusterlet) === namespace) {
        loop.wake(klusterlet.metadata.name);
        if (connection) connectionLoop.wake(klusterlet.metadata.name);
      }
  };
  klusterlets.subscribe(({ metadata: { name } }) => {
    loop.wake(name);
    connectionLoop.wake(name);
  });
  const unsubscribe = [
    member.deployments.subscribe(({ metadata }) => wakeIn(metadata.namespace, false)),
    member.secrets.subscribe(({ metadata }) => {
      if (metadata.name === names.hubSecret || metadata.name === names.bootstrapSecret)
        wakeIn(metadata.namespace, true);
    }),
  ];
  await aborted(signal);
  for (const stop of [...unsubscribe, ...timers.values()]) stop();
  await Promise.all([klusterlets.stop(), loop.stop(), connectionLoop.stop()]);
};

const removeDeployment = (client: Client, metadata: Deployment['metadata']): Promise<boolean> =>
  client.remove({
    type: kinds.deployment,
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  });

const ensureNamespaces = async (client: Client, klusterlet: Klusterlet): Promise<void> => {
  const created = { [names.createdByLabel]: klusterlet.metadata.name };
  const wanted = [
    {
      name: agentNamespaceOf(klusterlet),
      labels: { ...created, [names.agentNamespaceLabel]: klusterlet.metadata.name },
    },
    { name: names.addOnNamespace, labels: created },
  ];
  for (const { name, labels } of wanted) {
    if (await client.ensure(kinds.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }))
      continue;
    await client.edit({ type: kinds.namespace, name }, ({ metadata }) =>
      Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value)
        ? undefined
        : { metadata: { labels } },
    );
  }
};

/** The agents' namespace goes; the one for add-ons is shared and goes with the last. */
const removeNamespaces = async (client: Client, namespace: string): Promise<void> => {
  await client.remove({ type: kinds.namespace, name: namespace });
  const { items } = await client.list({ type: kinds.namespace, labelSelector: names.agentNamespaceLabel });
  if (items.every(({ metadata }) => metadata.name === namespace))
    await client.remove({ type: kinds.namespace, name: names.addOnNamespace });
};
