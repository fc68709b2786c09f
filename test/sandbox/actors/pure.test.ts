import { expect, test } from 'vitest';
import { stampTaints } from '../../../src/sandbox/actors/admission.ts';
import { requestFor, subjectOf } from '../../../src/sandbox/actors/certificates.ts';
import { withAutomaticTaints, withConditions } from '../../../src/sandbox/actors/conditions.ts';
import { taintsFor } from '../../../src/sandbox/actors/hub-controller.ts';
import { nextGroup, remainingCondition } from '../../../src/sandbox/actors/hub-deletion.ts';
import { kinds } from '../../../src/sandbox/actors/kinds.ts';
import { addressIn, kubeconfigFor, sameAddress } from '../../../src/sandbox/actors/kubeconfig.ts';
import { type Clock, type Loop, startLoop } from '../../../src/sandbox/actors/loop.ts';
import { deploymentsFor } from '../../../src/sandbox/actors/operator-objects.ts';

const early = '2026-01-01T00:00:00Z';
const late = '2026-01-02T00:00:00Z';
const yes = { type: 'A', status: 'True', reason: 'R', message: 'm' } as const;

test('a condition keeps its transition time until its status changes', () => {
  const first = withConditions(undefined, [yes], early);
  expect(first).toEqual([{ ...yes, lastTransitionTime: early }]);
  expect(withConditions(first, [yes], late)).toBeUndefined();
  expect(withConditions(first, [{ ...yes, reason: 'Other' }], late)).toEqual([
    { ...yes, reason: 'Other', lastTransitionTime: early },
  ]);
  expect(withConditions(first, [{ ...yes, status: 'False' }], late)).toEqual([
    { ...yes, status: 'False', lastTransitionTime: late },
  ]);
});

test('automatic taints leave those of others alone', () => {
  const own = { key: 'mine', effect: 'NoSelect', timeAdded: early };
  const automatic = ['unavailable', 'unreachable'];
  expect(withAutomaticTaints([own], automatic, ['unreachable'])).toEqual([
    own,
    { key: 'unreachable', effect: 'NoSelect' },
  ]);
  expect(withAutomaticTaints([own, { key: 'unreachable', effect: 'NoSelect' }], automatic, [])).toEqual([own]);
  expect(withAutomaticTaints([own], automatic, [])).toBeUndefined();
});

test('a cluster without an Available condition counts as unreachable', () => {
  const available = { ...yes, type: 'ManagedClusterConditionAvailable' };
  expect(taintsFor(undefined)).toEqual(['cluster.open-cluster-management.io/unreachable']);
  expect(taintsFor([{ ...available, status: 'False' }])).toEqual(['cluster.open-cluster-management.io/unavailable']);
  expect(taintsFor([available])).toEqual([]);
});

test('timeAdded is for the webhook alone to write', () => {
  const had = { key: 'a', effect: 'NoSelect', timeAdded: early };
  expect(stampTaints(undefined, [had], late)).toEqual([{ ...had, timeAdded: late }]);
  expect(stampTaints([had], [had, { key: 'b', effect: 'NoSelect' }], late)).toEqual([
    had,
    { key: 'b', effect: 'NoSelect', timeAdded: late },
  ]);
  expect(stampTaints([had], [{ key: 'a', effect: 'NoSelect' }], late)).toBeUndefined();
  expect(stampTaints([had], [{ ...had, effect: 'PreferNoSelect' }], late)).toBeUndefined();
  expect(stampTaints([had], [], late)).toEqual([]);
});

const work = (name: string, priority?: string, finalizers: string[] = []) => ({
  apiVersion: kinds.manifestWork.apiVersion,
  kind: 'ManifestWork',
  metadata: {
    name,
    namespace: 'm1',
    finalizers,
    ...(priority === undefined ? {} : { annotations: { 'open-cluster-management.io/cleanup-priority': priority } }),
    ...(finalizers.length === 0 ? {} : { deletionTimestamp: early }),
  },
});

test('works go by cleanup-priority, lowest first; none or nonsense is 0', () => {
  const all = [work('last', '100'), work('none'), work('odd', 'high'), work('one', '1')];
  expect(nextGroup(all).map(({ metadata }) => metadata.name)).toEqual(['none', 'odd']);
  expect(nextGroup(all.slice(0, 1)).map(({ metadata }) => metadata.name)).toEqual(['last']);
});

test('the Deleting condition speaks like the real program', () => {
  const condition = remainingCondition({ type: kinds.manifestWork, objects: [work('w', undefined, ['f'])] });
  expect(condition.message).toBe(
    'The resource manifestworks is remaning, the remaining count is 1, the finalizer pending count is 1',
  );
  expect(condition).toMatchObject({ type: 'Deleting', status: 'False', reason: 'ResourceRemaining' });
});

test('two hub addresses agree only in server, proxy, CA and cluster name together', () => {
  const address = { clusterName: 'hub', server: 'https://hub:6443', proxyUrl: 'http://p', caData: 'eA==' };
  const read = addressIn(kubeconfigFor(address, { token: 't' }), JSON.parse);
  expect(read).toEqual(address);
  expect(sameAddress(address, { ...address })).toBe(true);
  for (const change of [
    { clusterName: 'x' },
    { server: 'https://x' },
    { proxyUrl: 'http://x' },
    { caData: 'x' },
    { caFile: 'x' },
  ])
    expect(sameAddress(address, { ...address, ...change })).toBe(false);
  expect(addressIn('{', JSON.parse)).toBeUndefined();
  expect(addressIn(undefined, JSON.parse)).toBeUndefined();
});

test('a request names the agent as OCM does', async () => {
  const { request, key } = await requestFor('m1', 'abcde');
  expect(key).toContain('EC PRIVATE KEY');
  expect(await subjectOf(request)).toEqual({
    organizations: ['system:open-cluster-management:m1', 'system:open-cluster-management:managed-clusters'],
    commonName: 'system:open-cluster-management:m1:abcde',
  });
  expect(await subjectOf('nonsense')).toBeUndefined();
});

const klusterlet = (mode: string) => ({
  apiVersion: kinds.klusterlet.apiVersion,
  kind: 'Klusterlet',
  metadata: { name: 'klusterlet', uid: 'the-uid' },
  spec: { clusterName: 'm1', namespace: 'open-cluster-management-agent', deployOption: { mode } },
});

test('Default has two Deployments, the work agent asleep until there is a hub kubeconfig', () => {
  const shape = (joined: boolean) =>
    deploymentsFor(klusterlet('Default'), joined).map(({ metadata, spec }) => [
      metadata.name,
      (spec as { replicas: number }).replicas,
    ]);
  expect(shape(false)).toEqual([
    ['klusterlet-registration-agent', 1],
    ['klusterlet-work-agent', 0],
  ]);
  expect(shape(true)[1]).toEqual(['klusterlet-work-agent', 1]);
});

test('Singleton has one Deployment, which is told the agent id', () => {
  const [only, ...rest] = deploymentsFor(klusterlet('Singleton'), false);
  expect(rest).toEqual([]);
  expect(only?.metadata.name).toBe('klusterlet-agent');
  expect(JSON.stringify(only)).toContain('--agent-id=the-uid');
  expect(JSON.stringify(deploymentsFor(klusterlet('Default'), false)[0])).not.toContain('--agent-id');
});

/** A clock whose time passes only when told; `due` holds what waits. */
const stillClock = (): Clock & { due: { ms: number; run: () => void }[] } => {
  const due: { ms: number; run: () => void }[] = [];
  return {
    due,
    now: () => 0,
    after(ms, run) {
      const entry = { ms, run };
      due.push(entry);
      return () => due.splice(0, due.length, ...due.filter((other) => other !== entry));
    },
  };
};

test('many wakes become one run, one during a run becomes one more, a failure waits and doubles', async () => {
  const clock = stillClock();
  const runs: string[] = [];
  const failed: string[] = [];
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const loop = startLoop({
    clock,
    async reconcile(key) {
      runs.push(key);
      await gates[runs.length - 1]?.promise;
      if (runs.length > 1) throw new Error('no');
      return undefined;
    },
    onError: (key, error) => failed.push(`${key}: ${String(error)}`),
  });
  loop.wake('a');
  loop.wake('a');
  await expect.poll(() => runs).toEqual(['a']);
  loop.wake('a');
  loop.wake('a');
  gates[0]?.resolve();
  await expect.poll(() => runs.length).toBe(2);
  gates[1]?.resolve();
  await expect.poll(() => clock.due.map(({ ms }) => ms)).toEqual([100]);
  clock.due.shift()?.run();
  await expect.poll(() => clock.due.map(({ ms }) => ms)).toEqual([200]);
  await loop.stop();
  expect(clock.due).toEqual([]);
  loop.wake('a');
  await new Promise(setImmediate);
  expect(runs).toHaveLength(3);
  expect(failed).toEqual(['a: Error: no', 'a: Error: no']);
});

test('loops that undo each other let the process live, and are made to rest', async () => {
  const clock = stillClock();
  let runs = 0;
  const fight = (other: () => Loop): Loop =>
    startLoop({
      clock,
      async reconcile(key) {
        runs += 1;
        other().wake(key);
        return undefined;
      },
      onError: () => undefined,
    });
  const one: Loop = fight(() => two);
  const two: Loop = fight(() => one);
  let timers = 0;
  const ticking = setInterval(() => {
    timers += 1;
  }, 0);
  one.wake('a');
  await expect.poll(() => clock.due.map(({ ms }) => ms)).toEqual([100]);
  clearInterval(ticking);
  expect(runs).toBe(100);
  expect(timers).toBeGreaterThan(0);
  clock.due.shift()?.run();
  await expect.poll(() => clock.due.map(({ ms }) => ms)).toEqual([100]);
  expect(runs).toBe(100);
  await Promise.all([one.stop(), two.stop()]);
});
