import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drivers } from '../../src/drivers/index.ts';
import { modes, type OcmOptions } from '../../src/model/fleet.ts';
import type { Step } from '../../src/model/step.ts';
import { printPath, valueAt } from '../../src/reconcile/path.ts';
import { fleetOf } from './fleet.ts';
import { verdicts } from './read-plan.ts';
import { testWorld, type TestWorld } from './world.ts';

/** Every option that reaches an object, so that every field is declared. */
const options: OcmOptions = {
  leaseDurationSeconds: 70,
  annotations: { 'example.com/owner': 'team-a' },
  clusterSet: 'default',
  clientConfigs: [{ url: 'https://member.example:6443' }],
  resources: { qosClass: 'ResourceRequirement', requests: { cpu: '300m' }, limits: { memory: '600Mi' } },
  nodePlacement: {
    nodeSelector: { pool: 'infra' },
    tolerations: [{ key: 'infra', operator: 'Exists', effect: 'NoSchedule' }],
  },
  priorityClassName: 'system-cluster-critical',
  externalServerURL: 'https://member.example:6443',
  hubApiServerHostAlias: { ip: '10.0.0.1', hostname: 'hub.example' },
  registrationImagePullSpec: 'example/registration:v1',
  workImagePullSpec: 'example/work:v1',
  imagePullSpec: 'example/operator:v1',
  registrationConfiguration: {
    clientCertExpirationSeconds: 7200,
    featureGates: [{ feature: 'ClusterClaim', mode: 'Enable' }],
    clusterAnnotations: { site: 'north' },
    kubeAPIQPS: 40,
    kubeAPIBurst: 80,
  },
  workConfiguration: { kubeAPIQPS: 41, hubKubeAPIBurst: 82, appliedManifestWorkEvictionGracePeriod: '30m' },
};
/** Fields that say which registration this is: a difference is refused, not repaired. */
const pinned = ['.spec.clusterName', '.spec.namespace'];

interface Leaf {
  readonly kind: string;
  readonly path: string;
  readonly parts: readonly string[];
  readonly value: unknown;
  readonly context: string;
  readonly url: string;
}

function leavesOf(value: unknown, parts: readonly string[]): { parts: readonly string[]; value: unknown }[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [{ parts, value }];
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...parts, key]));
}

function fieldsOf(steps: readonly Step[]): readonly Leaf[] {
  return steps.flatMap((step) => {
    if (step.kind !== 'object' || step.until !== undefined) return [];
    return step.objects.flatMap(({ type, object }) => {
      const base = type.apiVersion.includes('/') ? `/apis/${type.apiVersion}` : `/api/${type.apiVersion}`;
      return leavesOf(object, [])
        .filter(({ parts }) => !['apiVersion', 'kind'].includes(parts[0] ?? '') && parts[1] !== 'name')
        .map(({ parts, value }) => ({
          kind: type.kind,
          path: printPath(parts),
          parts,
          value,
          context: step.site === 'hub' ? 'hub' : 'edge-1',
          url: `${base}/${type.resource}/${object.metadata.name}`,
        }));
    });
  });
}

function changed(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return [];
  switch (value) {
    case 'ResourceRequirement':
      return 'BestEffort';
    case 'Default':
      return 'Singleton';
    case 'Singleton':
      return 'Default';
    case 'default':
      return 'global';
    default:
      return /^\d/.test(String(value)) ? `1${String(value)}` : `${String(value)}x`;
  }
}

const patchOf = (parts: readonly string[], value: unknown): unknown =>
  parts.toReversed().reduce<unknown>((inner, key) => ({ [key]: inner }), value);

describe.each(modes.map((mode) => drivers[mode]))('$mode', (driver) => {
  const { mode } = driver;
  const fleet = fleetOf([{ name: 'edge-1', mode, labels: { tier: 'gold' }, options }]);
  const [registration] = fleet.registrations;
  const steps = registration === undefined ? [] : driver.steps(registration, { server: '', caFingerprints: [] });
  let world: TestWorld;
  beforeAll(async () => {
    world = await testWorld({ members: ['edge-1'] });
    await world.apply(fleet);
  }, 20_000);
  afterAll(() => world.close());

  test('every declared field is reported at its path with its writer, and repaired', async () => {
    const fields = fieldsOf(steps).filter(({ path }) => !pinned.includes(path) && path !== '.spec.hubAcceptsClient');
    expect(fields.length).toBeGreaterThan(25);
    // One run for all of them; that each is seen alone is what the paths say.
    for (const { context, url, parts, value } of fields)
      await world.kubectl(context, 'PATCH', url, patchOf(parts, changed(value)));
    const { survey, outcomes } = await world.apply(fleet);
    const [plan] = survey.plan.registrations;
    const diffs = plan?.steps.flatMap((step) => step.fields) ?? [];
    for (const { kind, path } of fields) {
      const hits = diffs.filter((diff) => diff.object.startsWith(`${kind}/`) && diff.path === path);
      expect({ kind, path, by: hits.map(({ by }) => by?.manager) }).toEqual({ kind, path, by: ['kubectl-edit'] });
    }
    expect(diffs).toHaveLength(fields.length);
    expect(outcomes).toMatchObject([{ is: 'done', action: 'repair' }]);
    for (const { context, url, parts, value, path } of fields) {
      const live = await world.read(context, url);
      expect({ path, value: valueAt(live, parts) }).toEqual({ path, value });
    }
    expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'in-sync' });
  });

  test.each(pinned)('a pinned field is refused: %s', async (path) => {
    const field = fieldsOf(steps).find((one) => one.path === path);
    if (field === undefined) throw new Error(path);
    const value = path === '.spec.namespace' ? 'open-cluster-management-agent-other' : 'another';
    await world.kubectl('edge-1', 'PATCH', field.url, patchOf(field.parts, value));
    expect(verdicts(await world.plan(fleet))['hub/edge-1']).toMatch(
      `refused: Klusterlet/klusterlet ${path} is ${value}, not ${String(field.value)}`,
    );
    await world.kubectl('edge-1', 'PATCH', field.url, patchOf(field.parts, field.value));
  });

  test('a field that a controller holds is refused, naming it', async () => {
    const url = '/apis/cluster.open-cluster-management.io/v1/managedclusters/edge-1';
    await world.kubectl('hub', 'PATCH', url, { metadata: { labels: { tier: 'iron' } } }, 'tier-controller');
    expect(verdicts(await world.plan(fleet))['hub/edge-1']).toBe(
      'refused: ManagedCluster/edge-1 .metadata.labels.tier is held by tier-controller (iron, wanted gold)',
    );
    await world.kubectl('hub', 'PATCH', url, { metadata: { labels: { tier: 'brass' } } });
    expect((await world.apply(fleet)).outcomes).toMatchObject([{ is: 'done', action: 'repair' }]);
  });

  test('a field taken out of the file goes, and what nobody declared stays', async () => {
    const url = '/apis/cluster.open-cluster-management.io/v1/managedclusters/edge-1';
    await world.kubectl('hub', 'PATCH', url, { metadata: { labels: { theirs: 'yes' } } });
    const { annotations: _, priorityClassName: __, workConfiguration: ___, ...fewer } = options;
    const less = fleetOf([{ name: 'edge-1', mode, labels: {}, options: fewer }]);
    await world.until('in sync', async () => {
      await world.apply(less);
      return verdicts(await world.plan(less))['hub/edge-1'] === 'in-sync' ? true : undefined;
    });
    const cluster = await world.read('hub', url);
    expect(cluster?.metadata.labels).not.toHaveProperty('tier');
    expect(cluster?.metadata.labels).toMatchObject({ theirs: 'yes' });
    expect(cluster?.metadata.annotations ?? {}).not.toHaveProperty(['example.com/owner']);
    const klusterlet = await world.read(
      'edge-1',
      '/apis/operator.open-cluster-management.io/v1/klusterlets/klusterlet',
    );
    expect(klusterlet?.['spec']).not.toHaveProperty('priorityClassName');
    expect(klusterlet?.['spec']).not.toHaveProperty('workConfiguration.kubeAPIQPS');
  });
});
