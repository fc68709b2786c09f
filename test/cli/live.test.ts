import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Bed, fleetText, startBed, writesOf } from './bed.ts';
import { definition } from './documents.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed({ members: ['edge-1', 'edge-2', 'edge-3'] });
  await bed.write('fleet.yaml', fleetText(['edge-1', 'edge-2', 'edge-3']));
});
afterEach(() => {
  bed.fault = () => undefined;
});
afterAll(() => bed.close());

const flat = (text: string): string => text.replace(/\s+/g, ' ');
const klusterlet = '/apis/operator.open-cluster-management.io/v1/klusterlets/klusterlet';

const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
/** A request that any member of the hub's staff could make, under the member's label. */
const strange = {
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'edge-3-stranger', labels: { 'open-cluster-management.io/cluster-name': 'edge-3' } },
  spec: {
    signerName: 'kubernetes.io/kube-apiserver-client',
    usages: ['digital signature', 'key encipherment', 'client auth'],
    request: '',
  },
};

test('a webhook that fails closed: one failure with its cause, and the next run goes on', async () => {
  bed.fault = (context, { method, path }) =>
    context === 'edge-1' && method === 'PATCH' && path.includes('/klusterlets/')
      ? {
          status: 500,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            kind: 'Status',
            apiVersion: 'v1',
            status: 'Failure',
            reason: 'InternalError',
            code: 500,
            message:
              'Internal error occurred: failed calling webhook "validate.example.com": failed to call webhook: Post "https://hook.example.svc:443/?timeout=10s": dial tcp: no route to host',
          }),
        }
      : undefined;
  const ran = await bed.rollcall(['apply', '--yes', '--member', 'edge-1,edge-2']);
  expect(ran.code).toBe(5);
  expect(flat(ran.out)).toContain(
    'failed 1 hub/edge-1 klusterlet: webhook "validate.example.com" does not answer and fails closed',
  );
  expect(flat(ran.out)).toContain('next: repair the webhook or its service on that cluster; re-running is safe');
  expect(ran.out).toMatch(/again: rollcall apply --member edge-1$/m);
  expect(ran.out).toMatch(/^joined +1 /m);
  bed.fault = () => undefined;
  const again = await bed.rollcall(['apply', '--yes', '--member', 'edge-1']);
  expect(again.code).toBe(0);
  expect(again.out).toContain('hub/edge-1: joined');
});

test('in sync: nothing is written, and the documents are the same bytes twice', async () => {
  const target = ['--member', 'edge-1,edge-2'];
  const apply = await bed.rollcall(['apply', ...target]);
  expect(apply).toMatchObject({ code: 0, err: '' });
  expect(apply.out).toContain('nothing to do');
  expect(writesOf(bed.requests)).toEqual([]);
  const plan = await bed.rollcall(['plan', '-o', 'json', '--detailed-exitcode', ...target]);
  expect(plan).toMatchObject({ code: 0, err: '' });
  expect(definition('Plan')(JSON.parse(plan.out))).toEqual([]);
  expect((await bed.rollcall(['plan', '-o', 'json', ...target])).out).toBe(plan.out);
  const status = await bed.rollcall(['status', '-o', 'json', ...target]);
  expect(status.code).toBe(0);
  expect(definition('Status')(JSON.parse(status.out))).toEqual([]);
  const summary = await bed.rollcall(['apply', '-o', 'json', ...target]);
  expect(summary.code).toBe(0);
  const [planned = '', ended = ''] = summary.out.trimEnd().split('\n');
  expect(definition('Plan')(JSON.parse(planned))).toEqual([]);
  expect(definition('Summary')(JSON.parse(ended))).toEqual([]);
  expect(writesOf(bed.requests)).toEqual([]);
});

test('a field held by another controller is refused, naming it', async () => {
  await bed.write(
    'held.yaml',
    fleetText(['{ name: edge-1, registrations: [{ hub: hub, options: { priorityClassName: mine } }] }']),
  );
  const theirs = {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name: 'klusterlet' },
    spec: { priorityClassName: 'theirs' },
  };
  await bed.ask(
    'edge-1',
    'PATCH',
    `${klusterlet}?fieldManager=fleet-controller`,
    theirs,
    'application/apply-patch+yaml',
  );
  const ran = await bed.rollcall(['apply', '--yes', '-f', 'held.yaml']);
  expect(ran.code).toBe(5);
  expect(flat(ran.out)).toContain('REFUSED 1');
  expect(flat(ran.out)).toContain('fleet-controller');
  expect(flat(ran.out)).toContain('priorityClassName');
  expect(writesOf(bed.requests)).toEqual([]);
  expect((await bed.ask('edge-1', 'GET', klusterlet))['spec']).toMatchObject({ priorityClassName: 'theirs' });
});

test('what a person changed by hand is shown with path, values and who, and repaired; status says drifted', async () => {
  const resources = '{ hub: hub, options: { resources: { qosClass: Default } } }';
  await bed.write('drift.yaml', fleetText([`{ name: edge-2, registrations: [${resources}] }`]));
  const target = ['-f', 'drift.yaml', '--member', 'edge-2'];
  await bed.rollcall(['apply', '--yes', ...target]);
  const edit = { spec: { resourceRequirement: { type: 'BestEffort' } } };
  await bed.ask('edge-2', 'PATCH', `${klusterlet}?fieldManager=kubectl-edit`, edit, 'application/merge-patch+json');
  const plan = await bed.rollcall(['plan', '--detailed-exitcode', ...target]);
  expect(plan.code).toBe(2);
  expect(flat(plan.out)).toMatch(
    /RESTARTS 1 ~ repair hub\/edge-2 restarts the agent member Klusterlet\/klusterlet \.spec\.resourceRequirement\.type BestEffort → Default by kubectl-edit, 20/,
  );
  const status = await bed.rollcall(['status', ...target]);
  expect(status.code).toBe(2);
  expect(flat(status.out)).toMatch(/edge-2 hub ocm-default drifted .*1 field, kubectl-edit/);
  const repair = await bed.rollcall(['apply', '--yes', '--only', 'repair', ...target]);
  expect(repair.code).toBe(0);
  expect(repair.out).toContain('hub/edge-2: repaired');
  expect((await bed.rollcall(['status', ...target])).code).toBe(0);
});

test('a lock that cannot be released does not hide how the run ended', async () => {
  await bed.write('label.yaml', fleetText(['{ name: edge-1, labels: { tier: gold } }']));
  bed.fault = (_context, { method, path }) =>
    method === 'DELETE' && path.includes('/leases/') ? new Error('gone') : undefined;
  const ran = await bed.rollcall(['apply', '--yes', '-f', 'label.yaml', '--member', 'edge-1']);
  expect(ran.code).toBe(0);
  expect(ran.out).toMatch(/^repaired +1 /m);
  await bed.ask('hub', 'DELETE', '/apis/coordination.k8s.io/v1/namespaces/rollcall/leases/fleet-acme');
});

test('a certificate request from a stranger is reported, never approved, and does not stand in the way of ours', async () => {
  const mine = await bed.ask('hub', 'GET', requests);
  const items = mine['items'] as { spec: { request: string }; metadata: { name: string } }[];
  const copied = items.find(({ metadata }) => metadata.name.startsWith('edge-2'))?.spec.request ?? '';
  await bed.ask('hub', 'POST', requests, {
    ...strange,
    spec: { ...strange.spec, request: copied },
  });
  const plan = await bed.rollcall(['plan', '--member', 'edge-3']);
  expect(flat(plan.out)).toContain('a certificate request by somebody else is ignored: edge-3-stranger');
  const ran = await bed.rollcall(['apply', '--yes', '--member', 'edge-3']);
  expect(ran.code).toBe(0);
  const after = await bed.ask('hub', 'GET', `${requests}/edge-3-stranger`);
  expect(after['status']).toEqual({});
  expect(bed.requests.filter((line) => line.includes('edge-3-stranger'))).toEqual([]);
});

test('what fails of a pruned unjoin is done again by the command that the summary shows', async () => {
  await bed.write('orphan.yaml', fleetText(['edge-1', 'edge-2']));
  bed.fault = (context, { method, path }) =>
    context === 'edge-3' && method === 'DELETE' && path.includes('/klusterlets/')
      ? { status: 403, headers: {}, body: '' }
      : undefined;
  const ran = await bed.rollcall(['apply', '-f', 'orphan.yaml', '--prune', '--yes', '--allow-removals', '1']);
  expect(ran.code).toBe(5);
  expect(ran.out).toMatch(/^again: rollcall apply -f orphan.yaml --prune --member edge-3$/m);
  bed.fault = () => undefined;
  const argv = ['apply', '-f', 'orphan.yaml', '--prune', '--member', 'edge-3', '--yes', '--allow-removals', '1'];
  const again = await bed.rollcall(argv);
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('hub/edge-3: unjoined') });
});
