import { afterEach, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/model/cluster.ts';
import { access, fleetOf } from '../laws/fleet.ts';
import { verdicts } from '../laws/read-plan.ts';
import { broken, testWorld, type TestWorld } from '../laws/world.ts';
import { managedCluster, record } from './paths.ts';

let world: TestWorld;
afterEach(() => world.close());

const fleet = fleetOf([{ name: 'edge-1', labels: { tier: 'gold' } }]);
const verdict = async (declared = fleet): Promise<string> =>
  Object.values(verdicts(await world.plan(declared)))[0] ?? '(none)';
const json = (body: unknown, status = 200) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

describe('before the first write', () => {
  test('a hub without Open Cluster Management is refused, naming the command', async () => {
    world = await testWorld({ hubs: ['hub'], members: ['edge-1', 'bare'] });
    const hubs = fleet.hubs.map((hub) => ({ ...hub, access: access('bare') }));
    const registrations = fleet.registrations.map((one) => ({ ...one, hub: hubs[0] ?? one.hub }));
    const { plan } = await world.plan({ ...fleet, hubs, registrations });
    expect(plan.registrations[0]?.verdict).toMatchObject({
      is: 'refused',
      reason: expect.stringContaining('the hub to serve cluster.open-cluster-management.io/v1'),
      next: expect.stringContaining('clusteradm init'),
    });
  });

  test('a member without the klusterlet operator is refused, naming the command', async () => {
    world = await testWorld({ members: ['edge-1'] });
    await world.kubectl('edge-1', 'DELETE', '/apis/apps/v1/namespaces/open-cluster-management/deployments/klusterlet');
    const { plan } = await world.plan(fleet);
    expect(plan.registrations[0]?.verdict).toMatchObject({
      is: 'refused',
      next: expect.stringContaining('helm install klusterlet'),
    });
  });

  test('a cluster set that does not exist is refused', async () => {
    world = await testWorld({ members: ['edge-1'] });
    expect(await verdict(fleetOf([{ name: 'edge-1', options: { clusterSet: 'blue' } }]))).toMatch(
      /^refused: .*ManagedClusterSet blue/,
    );
  });

  test('missing rights are refused, naming verb and resource, for a join and for an unjoin', async () => {
    world = await testWorld({ members: ['edge-1'] });
    const may = (denied: RegExp) =>
      world.session((_context, { path, body }) => {
        if (!path.endsWith('selfsubjectaccessreviews') || !denied.test(body ?? '')) return undefined;
        return json(
          { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', status: { allowed: false } },
          201,
        );
      });
    const joining = await may(/"resource":"(secrets|klusterlets)"|accept/).plan(fleet);
    expect(Object.values(verdicts(joining))[0]).toBe(
      'refused: the credentials may not: ' +
        'patch secrets bootstrap-hub-kubeconfig in namespace open-cluster-management-agent on the member; ' +
        'create secrets in namespace open-cluster-management-agent on the member; ' +
        'patch klusterlets.operator.open-cluster-management.io klusterlet on the member; ' +
        'create klusterlets.operator.open-cluster-management.io on the member; ' +
        'update managedclusters/accept.register.open-cluster-management.io edge-1 on the hub',
    );
    await world.apply(fleet);
    const leaving = await may(/"verb":"delete"/).plan(fleetOf([{ name: 'edge-1', state: 'absent' }]));
    const text = Object.values(verdicts(leaving))[0];
    expect(text).toMatch(/delete managedclusters.cluster.open-cluster-management.io( edge-1)? on the hub/);
    expect(text).toContain('delete certificatesigningrequests.certificates.k8s.io on the hub');
    expect(text).toMatch(/delete namespaces( open-cluster-management-agent)? on the member/);
    expect(text).not.toContain('token');
  });

  test('a hub on loopback is refused for a member elsewhere', async () => {
    world = await testWorld({ members: ['edge-1'] });
    const local = fleetOf([{ name: 'edge-1' }], { endpoint: { server: 'https://127.0.0.1:6443' } });
    expect(await verdict(local)).toBe(
      'refused: the member would be told to reach its hub at https://127.0.0.1:6443, which is this machine itself',
    );
  });
});

describe('records', () => {
  const spoil = async (change: (found: KubeObject) => unknown): Promise<void> => {
    world = await testWorld({ members: ['edge-1'] });
    await world.apply(fleet);
    const found = await world.read('hub', record('edge-1'));
    if (found !== undefined) await world.kubectl('hub', 'PATCH', record('edge-1'), change(found));
  };

  test('one that is no JSON is refused and left alone', async () => {
    await spoil(() => ({ data: { 'record.json': '{' } }));
    expect(await verdict()).toBe(
      'refused: ConfigMap rollcall/edge-1 on the hub cannot be read as a record: its content is not JSON',
    );
    expect((await world.apply(fleet)).outcomes).toEqual([]);
    expect(await verdict(fleetOf([{ name: 'edge-1', state: 'absent' }]))).toMatch(/^refused: ConfigMap/);
  });

  test('one that lost its label is refused', async () => {
    await spoil(() => ({ metadata: { labels: { 'rollcall.dev/fleet': null } } }));
    expect(await verdict()).toMatch(/its label rollcall.dev\/fleet is gone$/);
  });

  test('one of another fleet is refused, naming it', async () => {
    await spoil(() => ({ metadata: { labels: { 'rollcall.dev/fleet': 'others' } } }));
    expect(await verdict()).toBe('refused: it belongs to fleet others');
    expect((await world.plan(fleetOf([]), { prune: true })).plan.registrations).toEqual([]);
  });

  test('the name on the hub and the place of the agent are for life', async () => {
    await spoil(() => ({}));
    const change = async (options: object): Promise<string> => verdict(fleetOf([{ name: 'edge-1', options }]));
    expect(await change({ clusterName: 'other' })).toBe(
      'refused: options.clusterName is pinned: recorded edge-1, in the file other',
    );
    expect(await change({ klusterletNamespace: 'open-cluster-management-agent-x' })).toBe(
      'refused: options.klusterletNamespace is pinned: recorded open-cluster-management-agent, in the file open-cluster-management-agent-x',
    );
    expect(await change({ klusterletName: 'second' })).toMatch(/^refused: options.klusterletName is pinned/);
  });

  test('an orphan is held without --prune, and with it unjoined', async () => {
    await spoil(() => ({}));
    const nobody = fleetOf([]);
    const held = await world.apply(nobody);
    expect(verdicts(held.survey)).toEqual({ 'hub/edge-1': 'unjoin (needs --prune)' });
    expect(held.outcomes).toEqual([]);
    expect((await world.apply(nobody, { prune: true })).outcomes).toMatchObject([{ is: 'done', action: 'unjoin' }]);
  });

  test('--only holds the rest', async () => {
    await spoil(() => ({}));
    const iron = fleetOf([{ name: 'edge-1', labels: { tier: 'iron' } }]);
    const { survey, outcomes } = await world.apply(iron, { only: ['join'] });
    expect(verdicts(survey)).toEqual({ 'hub/edge-1': 'repair (not among --only join)' });
    expect(outcomes).toEqual([]);
  });
});

describe('while it is carried out', () => {
  test('a webhook that denies fails the step, with its message', async () => {
    world = await testWorld({ members: ['edge-1'] });
    const message = 'admission webhook "validation.gatekeeper.sh" denied the request: label owner required';
    const session = world.session((context, { method, path }) =>
      context === 'edge-1' && method === 'PATCH' && path.includes('/namespaces/')
        ? json(
            {
              kind: 'Status',
              apiVersion: 'v1',
              metadata: {},
              status: 'Failure',
              message,
              reason: 'Forbidden',
              code: 403,
            },
            403,
          )
        : undefined,
    );
    const { outcomes } = await session.apply(fleet);
    expect(outcomes).toMatchObject([
      { is: 'failed', step: 'agent-namespace', reason: expect.stringContaining('label owner required') },
    ]);
    expect(outcomes[0]?.written).toEqual([
      'hub ConfigMap/rollcall/edge-1',
      'hub ServiceAccount/open-cluster-management/agent-registration-bootstrap-edge-1',
      'hub ClusterRoleBinding/open-cluster-management:bootstrap:agent-registration:edge-1',
      'hub ManagedCluster/edge-1',
    ]);
    expect((await world.apply(fleet)).outcomes).toMatchObject([{ is: 'done' }]);
  });

  test('a field that is not kept is told so, with its path', async () => {
    world = await testWorld({ members: ['edge-1'] });
    await world.apply(fleet);
    const session = world.session();
    session.fault = (context, { method, path }) => {
      // A webhook that puts the label back, as the product sees it.
      if (context !== 'hub' || method !== 'PATCH' || !path.startsWith(managedCluster('edge-1'))) return undefined;
      return json({
        apiVersion: 'cluster.open-cluster-management.io/v1',
        kind: 'ManagedCluster',
        metadata: { name: 'edge-1' },
      });
    };
    const { outcomes } = await session.apply(fleetOf([{ name: 'edge-1', labels: { tier: 'iron' } }]));
    expect(outcomes).toMatchObject([
      {
        is: 'failed',
        step: 'managed-cluster',
        reason: 'not kept by the server: ManagedCluster/edge-1 .metadata.labels.tier',
      },
    ]);
  });

  test('a read that fails before the first write is blocked, after it failed', async () => {
    world = await testWorld({ members: ['edge-1'] });
    let reads = 0;
    const early = world.session((context, { path }) =>
      context === 'edge-1' && path.endsWith('/namespaces/kube-system') && ++reads > 1 ? broken() : undefined,
    );
    expect((await early.apply(fleet)).outcomes).toMatchObject([{ is: 'blocked', written: [] }]);
    let wrote = false;
    const late = world.session((context, { method, path }) => {
      wrote ||= method === 'PATCH' && path.includes('managedclusters');
      return wrote && context === 'edge-1' && path.endsWith('/namespaces/kube-system') ? broken() : undefined;
    });
    expect((await late.apply(fleet)).outcomes).toMatchObject([{ is: 'failed', step: 'identity' }]);
  });

  test('what needs another write than the plan names ends as changed since the plan', async () => {
    world = await testWorld({ members: ['edge-1'] });
    await world.apply(fleet);
    const { outcomes } = await world.apply(
      fleetOf([{ name: 'edge-1', labels: { tier: 'gold' }, options: { resources: { qosClass: 'BestEffort' } } }]),
      {},
      {
        onEvent: (event) => {
          if (event.type === 'started')
            void world.kubectl('hub', 'PATCH', managedCluster('edge-1'), { metadata: { labels: { tier: 'mud' } } });
        },
      },
    );
    expect(outcomes).toMatchObject([
      { is: 'failed', reason: expect.stringMatching(/^changed since the plan: ManagedCluster/) },
    ]);
  });

  test('an interruption finishes the step in flight and starts nothing new', async () => {
    world = await testWorld({ members: ['edge-1'] });
    const stop = new AbortController();
    const { outcomes } = await world.apply(
      fleet,
      {},
      {
        signal: stop.signal,
        onEvent: (event) => {
          if (event.type === 'performing' && event.step === 'managed-cluster') stop.abort();
        },
      },
    );
    expect(outcomes).toMatchObject([{ is: 'interrupted' }]);
    expect(await world.read('hub', managedCluster('edge-1'))).toBeDefined();
    expect(outcomes[0]?.written.at(-1)).toBe('hub ManagedCluster/edge-1');
  });
});
