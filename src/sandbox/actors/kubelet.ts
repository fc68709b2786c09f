import { kinds, type Deployment } from './kinds.ts';
import { type Loop, pause, startLoop } from './loop.ts';
import { timestamp } from './conditions.ts';
import type { MemberCluster, Program, Surroundings } from './programs.ts';

/** How long a program takes to come back after it exited, in milliseconds (facts/ocm 13: about 2 s). */
const restartDelay = 2_000;

interface Pod {
  readonly template: string;
  /** Ends the program; resolves when it has. */
  stop(): Promise<void>;
}

export interface Kubelet {
  /** Ends the programs of the Deployments that `which` accepts and keeps them from starting: their Deployments stay green. */
  hold(which: (deployment: Deployment) => boolean): void;
  stop(): Promise<void>;
}

const keyOf = ({ metadata }: Deployment): string => `${metadata.namespace}/${metadata.name}`;

/** Secrets without which the pod does not start: volumes are not optional. */
const mountsOf = (deployment: Deployment): readonly string[] =>
  (deployment.spec?.template?.spec?.volumes ?? []).flatMap(({ secret }) => secret?.secretName ?? []);

const argsOf = (deployment: Deployment): readonly string[] =>
  deployment.spec?.template?.spec?.containers?.[0]?.args ?? [];

/**
 * Plays Deployment controller and kubelet of one member for the programs it knows: runs them while their Deployment says so, again after they
 * exit, anew when the pod template changes, and writes the Deployment's status.
 * @param programs by their first two arguments, `/registration agent`
 */
export const startKubelet = (
  member: MemberCluster,
  programs: Readonly<Record<string, Program>>,
  given: Surroundings,
): Kubelet => {
  const client = member.client('kubelet');
  const pods = new Map<string, Pod>();
  let held: (deployment: Deployment) => boolean = () => false;

  const start = (deployment: Deployment, template: string, program: Program, again: boolean): Pod => {
    const end = new AbortController();
    const files = new Map<string, string>();
    const namespace = deployment.metadata.namespace ?? '';
    const delay = (): Promise<void> => pause(given.clock, restartDelay / given.speed, end.signal);
    const run = async (): Promise<void> => {
      if (again) await delay();
      while (!end.signal.aborted) {
        try {
          await program({ ...given, member, namespace, args: argsOf(deployment), files, signal: end.signal });
        } catch (error) {
          given.log(`${member.name} ${keyOf(deployment)}`, error);
        }
        await delay();
      }
    };
    const done = run();
    return {
      template,
      stop() {
        end.abort();
        return done;
      },
    };
  };

  const report = async (deployment: Deployment, available: boolean): Promise<void> => {
    const replicas = deployment.spec?.replicas ?? 1;
    const { generation = 0, name, namespace = '' } = deployment.metadata;
    const ready = available ? replicas : 0;
    const { status } = deployment;
    if (status?.observedGeneration === generation && (status.availableReplicas ?? 0) === ready) return;
    const counts = { replicas, updatedReplicas: replicas, readyReplicas: ready, availableReplicas: ready };
    const condition = {
      type: 'Available',
      status: ready >= replicas ? 'True' : 'False',
      reason: ready >= replicas ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message:
        ready >= replicas ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
      lastUpdateTime: timestamp(given.clock.now()),
    };
    await client.edit(
      { type: kinds.deployment, namespace, name },
      () => ({ status: { observedGeneration: generation, ...counts, conditions: [condition] } }),
      {
        subresource: 'status',
        known: deployment,
      },
    );
  };

  const reconcile = async (key: string): Promise<undefined> => {
    const [namespace, name = ''] = key.split('/');
    const deployment = member.deployments.get(name, namespace);
    const program = deployment && programs[argsOf(deployment).slice(0, 2).join(' ')];
    const wanted = deployment?.metadata.deletionTimestamp === undefined && (deployment?.spec?.replicas ?? 1) > 0;
    const template = JSON.stringify(deployment?.spec?.template);
    const pod = pods.get(key);
    if (pod !== undefined && (deployment === undefined || !wanted || pod.template !== template || held(deployment))) {
      pods.delete(key);
      await pod.stop();
    }
    if (deployment === undefined || program === undefined) return undefined;
    const mountable = mountsOf(deployment).every((secret) => member.secrets.get(secret, namespace) !== undefined);
    if (wanted && mountable && !pods.has(key) && !held(deployment))
      pods.set(key, start(deployment, template, program, pod !== undefined));
    await report(deployment, pods.has(key) || held(deployment));
    return undefined;
  };

  const loop: Loop = startLoop({
    clock: given.clock,
    reconcile,
    onError: (key, error) => given.log(`${member.name} kubelet ${key}`, error),
  });
  const wakeAll = (namespace?: string): void => {
    for (const deployment of member.deployments.items())
      if (namespace === undefined || deployment.metadata.namespace === namespace) loop.wake(keyOf(deployment));
  };
  member.deployments.subscribe((deployment) => loop.wake(keyOf(deployment)));
  member.secrets.subscribe((secret) => wakeAll(secret.metadata.namespace));
  return {
    hold(which) {
      held = which;
      wakeAll();
    },
    async stop() {
      await loop.stop();
      await Promise.all([...pods.values()].map((pod) => pod.stop()));
    },
  };
};
