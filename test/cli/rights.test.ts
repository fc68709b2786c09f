import { readFile } from 'node:fs/promises';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bed, fleetText, startBed, writesOf } from './bed.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
let bed: Bed;
let before: string;

interface Role {
  readonly metadata: { readonly name: string };
}

/** What an administrator does with examples/rbac: applies the roles for that kind of cluster and binds them to an account. */
async function grant(file: string, context: string, kind: 'hub' | 'member'): Promise<void> {
  const text = await readFile(new URL(`../../examples/rbac/${file}.yaml`, import.meta.url), 'utf8');
  for (const role of loadAll(text) as Role[]) {
    const { name } = role.metadata;
    if (!name.startsWith(`rollcall-${file}-${kind}`)) continue;
    await bed.ask(context, 'POST', `${rbac}/clusterroles`, role);
    await bed.ask(context, 'POST', `${rbac}/clusterrolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', namespace: 'default', name: 'ci' }],
    });
  }
}

/** What the clusters refuse to the account. @returns the requests, as they come */
function refusals(): readonly string[] {
  const refused: string[] = [];
  for (const { context, server } of bed.world.clusters) {
    const handle = server.handle.bind(server);
    server.handle = async (request) => {
      const answer = await handle(request);
      if (answer.status === 403 && request.user.name === 'system:serviceaccount:default:ci')
        refused.push(`${request.method} ${context} ${request.path}`);
      return answer;
    };
  }
  return refused;
}

async function grantAll(file: string): Promise<void> {
  await grant(file, 'hub', 'hub');
  for (const member of ['edge-1', 'edge-2']) await grant(file, member, 'member');
}

beforeAll(async () => {
  bed = await startBed({ members: ['edge-1', 'edge-2'] });
  await bed.write(
    'fleet.yaml',
    fleetText(['edge-1', '{ name: edge-2, registrations: [{ hub: hub, mode: ocm-singleton }] }']),
  );
  const tokens = new Map<string, string>();
  for (const context of ['hub', 'edge-1', 'edge-2']) {
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await bed.ask(context, 'POST', accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'ci' } });
    const { status } = await bed.ask(context, 'POST', `${accounts}/ci/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    });
    tokens.set(context, (status as { token: string }).token);
  }
  await bed.kubeconfig((config) => {
    for (const entry of config.users) entry.user = { token: tokens.get(entry.name) };
  });
  before = await bed.everything();
});
afterAll(() => bed.close());

const flat = (text: string): string => text.replace(/\s+/g, ' ');

test('without any right: which verb on which resource, for whom', async () => {
  const ran = await bed.rollcall(['plan']);
  expect(ran.code).toBe(6);
  expect(flat(ran.out)).toMatch(/system:serviceaccount:default:ci may not list (configmaps|managedclusters)/);
  expect(flat(ran.out)).toMatch(/grant system:serviceaccount:default:ci to list/);
  expect(await bed.everything()).toBe(before);
});

test('plan.yaml is enough for plan and status; apply is refused before the first write, naming every missing right', async () => {
  await grantAll('plan');
  const granted = await bed.everything();
  const plan = await bed.rollcall(['plan', '--detailed-exitcode']);
  expect(plan.code).toBe(2);
  expect(flat(plan.out)).toMatch(/2 join .*\+ join hub\/edge-1 .*\+ join hub\/edge-2/);
  // Who only reads is asked for no right to write.
  expect(bed.requests.filter((line) => !line.startsWith('GET '))).toEqual([]);
  const status = await bed.rollcall(['status']);
  expect(status.code).toBe(2);
  expect(flat(status.out)).toMatch(/edge-1 hub ocm-default missing/);
  const apply = await bed.rollcall(['apply', '--yes']);
  expect(apply.code).toBe(5);
  expect(flat(apply.out)).toContain('REFUSED 2 ! hub/edge-1 the credentials may not: ');
  for (const right of [
    'patch, create configmaps in namespace rollcall on the hub',
    'patch, create serviceaccounts in namespace open-cluster-management on the hub',
    'create serviceaccounts/token in namespace open-cluster-management on the hub',
    'update certificatesigningrequests/approval.certificates.k8s.io on the hub',
    'update managedclusters/accept.register.open-cluster-management.io edge-1 on the hub',
    'patch secrets bootstrap-hub-kubeconfig in namespace open-cluster-management-agent on the member',
  ])
    expect(flat(apply.out)).toContain(right);
  expect(flat(apply.out)).toContain('next: grant the rights (README, "Rights"), or use other credentials');
  expect(writesOf(bed.requests)).toEqual([]);
  expect(await bed.everything()).toBe(granted);
});

test('with apply.yaml beside it: join, plan in sync, repair, unjoin', async () => {
  await grantAll('apply');
  const refused = refusals();
  const join = await bed.rollcall(['apply', '--yes']);
  expect(join).toMatchObject({ code: 0 });
  const plan = await bed.rollcall(['plan', '--detailed-exitcode']);
  expect(plan.code).toBe(0);
  await bed.write('one.yaml', fleetText(['{ name: edge-1, labels: { tier: gold } }']));
  const repair = await bed.rollcall(['apply', '--yes', '-f', 'one.yaml', '--prune', '--allow-removals', '1']);
  expect(repair).toMatchObject({ code: 0 });
  await bed.write('none.yaml', fleetText(['{ name: edge-1, registrations: [{ hub: hub, state: absent }] }']));
  const unjoin = await bed.rollcall(['unjoin', 'edge-1', '--yes', '-f', 'none.yaml', '--allow-removals', '1']);
  expect(unjoin).toMatchObject({ code: 0 });
  expect(unjoin.out).not.toMatch(/^ +note: .*stays/m);
  expect(refused).toEqual([]);
});
