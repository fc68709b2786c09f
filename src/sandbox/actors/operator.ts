import { startCache } from './cache.ts';
import type { Client } from './client.ts';
import { timestamp, withConditions } from './conditions.ts';
import { judgeConnection } from './hub-connection.ts';
import { type Condition, type Deployment, kinds, type Klusterlet, names } from './kinds.ts';
import { aborted, startLoop } from './loop.ts';
import { agentNamespaceOf, definitions, deploymentsFor, specHash, staticObjects } from './operator-objects.ts';
import { klusterletConditions } from './operator-conditions.ts';
import { removeDeployment, removeKlusterlet } from './operator-removal.ts';
import type { Process } from './programs.ts';

const resync = 5 * 60_000;
/** While the hub does not let the agent in yet, the connection is looked at more often. */
const waitingResync = 30_000;

/** The klusterlet operator of one member (facts/ocm 1.5, 1.6, 5.2, 13). Runs while its Deployment does. */
export const runOperator = async (process: Process): Promise<void> => {
  const { member, clock, speed, signal, log } = process;
  // Secrets not read yet would look like a member without a hub kubeconfig, and its work agent would be put to sleep.
  await Promise.race([member.secrets.ready, aborted(signal)]);
  const client = member.client('registration-operator');
  const klusterlets = startCache(client, { type: kinds.klusterlet }, clock);
  /** UID and generation of Klusterlets whose static objects are in place. */
  const applied = new Map<string, string>();
  /** What the hub connection was last judged by. */
  const judged = new Map<string, string>();
  const timers = new Map<string, () => void>();

  const setStatus = (
    klusterlet: Klusterlet,
    wanted: readonly Condition[],
    observedGeneration?: number,
  ): Promise<unknown> =>
    client.edit(
      { type: kinds.klusterlet, name: klusterlet.metadata.name },
      ({ status }) => {
        const conditions = withConditions(status?.conditions, wanted, timestamp(clock.now()));
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
          await client.update(kinds.deployment, {
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
    await client.edit(
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
    await setStatus(klusterlet, klusterletConditions(klusterlet, deployments), generation);
  };

  const reconcile = async (name: string): Promise<undefined> => {
    const klusterlet = klusterlets.get(name);
    if (klusterlet === undefined) return undefined;
    if (klusterlet.metadata.deletionTimestamp !== undefined) {
      applied.delete(name);
      judged.delete(name);
      await removeKlusterlet(client, klusterlet, member.deployments.items());
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
