import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Bed, fleetText, startBed, writesOf } from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed({ members: ['edge-1', 'edge-2'], actors: false });
  await bed.write('fleet.yaml', fleetText(['edge-1', 'edge-2']));
});
afterEach(() => {
  bed.fault = () => undefined;
});
afterAll(() => bed.close());

const flat = (text: string): string => text.replace(/\s+/g, ' ');

const status = (code: number, message: string, reason = 'InternalError') => ({
  status: code,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code }),
});

test('a hub without OCM', async () => {
  const text = fleetText(['edge-1']).replace('type: ocm', 'type: ocm, access: { context: edge-2 }');
  await bed.write('no-ocm.yaml', text);
  const before = await bed.everything();
  for (const command of [
    ['plan', '--detailed-exitcode'],
    ['apply', '--yes'],
  ]) {
    const ran = await bed.rollcall([...command, '-f', 'no-ocm.yaml']);
    expect(ran.code).toBe(5);
    expect(flat(ran.out)).toContain('REFUSED 1 ! hub/edge-1');
    expect(flat(ran.out)).toContain('serve cluster.open-cluster-management.io/v1');
    expect(flat(ran.out)).toContain('install the hub with `clusteradm init`, or check the access of this hub');
  }
  expect(await bed.everything()).toBe(before);
});

describe('a hub that answers 500 to one list is not observed: nothing is taken for absent', () => {
  test('at once', async () => {
    bed.fault = (context, { method, path }) =>
      context === 'hub' && method === 'GET' && path.split('?')[0]?.endsWith('/managedclusters')
        ? status(500, 'etcdserver: request timed out')
        : undefined;
    const before = await bed.everything();
    const ran = await bed.rollcall(['apply', '--yes', '--prune']);
    expect(ran.code).toBe(6);
    expect(flat(ran.out)).toMatch(
      /the server failed to list managedclusters\S* \(500\): etcdserver: request timed out/,
    );
    expect(await bed.everything()).toBe(before);
    expect(writesOf(bed.requests)).toEqual([]);
  });

  test('after the first page', async () => {
    bed.fault = (context, { path }) =>
      context === 'hub' && path.includes('/managedclusters?')
        ? {
            status: 200,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({
              kind: 'ManagedClusterList',
              apiVersion: 'cluster.open-cluster-management.io/v1',
              metadata: { resourceVersion: '1', continue: 'more' },
              items: [],
            }),
          }
        : undefined;
    const pages = bed.fault;
    bed.fault = (context, request) =>
      request.path.includes('continue=more') ? status(500, 'no more') : pages(context, request);
    const ran = await bed.rollcall(['plan']);
    expect(ran.code).toBe(6);
    expect(ran.out).toContain('no more');
  });
});

test('a cluster namespace that is Terminating is waited for, before the first write', async () => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'edge-2' } };
  await bed.ask('hub', 'POST', '/api/v1/namespaces', namespace);
  const held = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['example.com/hold'] } };
  await bed.ask('hub', 'POST', '/api/v1/namespaces/edge-2/configmaps', held);
  await bed.ask('hub', 'DELETE', '/api/v1/namespaces/edge-2');
  const plan = await bed.rollcall(['plan', '--member', 'edge-2']);
  expect(flat(plan.out)).toContain('+ join hub/edge-2');
  const ran = await bed.rollcall(['apply', '--yes', '--member', 'edge-2', '--wait-timeout', '1s']);
  expect(ran.code).toBe(5);
  expect(flat(ran.out)).toContain(
    'timed out waiting for: namespace edge-2 on the hub, which is Terminating, to be gone',
  );
  expect(bed.requests.filter((line) => line.includes('managedclusters') && !line.startsWith('GET'))).toEqual([]);
  expect(
    bed.requests.filter(
      (line) => line.includes(' edge-2 ') && !line.startsWith('GET') && !line.includes('selfsubject'),
    ),
  ).toEqual([]);
});

test('a lock that may not be taken', async () => {
  bed.fault = (_context, { method, path }) =>
    method === 'PATCH' && path.includes('/leases/')
      ? status(
          403,
          'leases.coordination.k8s.io "fleet-acme" is forbidden: User "ci" cannot patch resource "leases" in API group "coordination.k8s.io" in the namespace "rollcall"',
          'Forbidden',
        )
      : undefined;
  const ran = await bed.rollcall(['apply', '--yes', '--member', 'edge-1']);
  expect(ran.code).toBe(4);
  expect(flat(ran.err)).toBe(
    'the lock was not taken: ci may not patch leases.coordination.k8s.io in the namespace "rollcall"; nothing was changed next: grant ci to patch leases.coordination.k8s.io in the namespace "rollcall" ',
  );
});

test('a second run holding the lock', async () => {
  const seconds = (ago: number): string => new Date(Date.now() - ago * 1000).toISOString().replace('Z', '000Z');
  const path = '/apis/coordination.k8s.io/v1/namespaces/rollcall/leases';
  await bed.ask(
    'hub',
    'PATCH',
    '/api/v1/namespaces/rollcall?fieldManager=x&force=true',
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'rollcall' } },
    'application/apply-patch+yaml',
  );
  const holder = 'colleague@bastion pid 4711 0f0f0f';
  await bed.ask('hub', 'POST', path, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'fleet-acme' },
    spec: { holderIdentity: holder, acquireTime: seconds(30), renewTime: seconds(5), leaseDurationSeconds: 60 },
  });
  const before = await bed.everything();
  const ran = await bed.rollcall(['apply', '--yes', '--member', 'edge-1']);
  expect(ran.code).toBe(4);
  expect(flat(ran.err)).toMatch(
    /^hub hub is locked by colleague@bastion pid 4711 0f0f0f since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ; nothing was changed/,
  );
  expect(flat(ran.err)).toContain('next: wait for that run; a lock that is not renewed ends after 60 s');
  expect(await bed.everything()).toBe(before);
  await bed.ask('hub', 'DELETE', `${path}/fleet-acme`);
});
