import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '../../src/model/cluster.ts';
import { requestFor } from '../../src/sandbox/actors/certificates.ts';
import { fleetOf } from '../laws/fleet.ts';
import { verdicts } from '../laws/read-plan.ts';
import { broken, testWorld, type TestWorld } from '../laws/world.ts';
import { requests } from './paths.ts';

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld({ members: ['edge-1'] });
});
afterEach(() => world.close());

const fleet = fleetOf([{ name: 'edge-1' }]);
const identity = 'system:serviceaccount:open-cluster-management:agent-registration-bootstrap-edge-1';

/** A request under the cluster's name and subject, made by whoever `user` is. */
async function request(name: string, user: string, uid?: string): Promise<void> {
  const made = await requestFor('edge-1', 'zzzzz');
  const { server } = world.world.hub('hub');
  const { status, body } = await server
    .asUser({ name: user, groups: ['system:masters'], ...(uid === undefined ? {} : { uid }) })
    .send({
      method: 'POST',
      path: requests,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name, labels: { 'open-cluster-management.io/cluster-name': 'edge-1' } },
        spec: {
          request: Buffer.from(made.request).toString('base64'),
          signerName: 'kubernetes.io/kube-apiserver-client',
          usages: ['digital signature', 'key encipherment', 'client auth'],
        },
      }),
    });
  if (status !== 201) throw new Error(body);
}

/** A join that ended before there was an agent. @returns the UID of the bootstrap identity that it made */
async function begun(): Promise<string> {
  const session = world.session((_context, { method, path }) =>
    method === 'PATCH' && path.includes('klusterlets') ? broken() : undefined,
  );
  expect((await session.apply(fleet)).outcomes).toMatchObject([{ is: 'failed', step: 'klusterlet' }]);
  const account = '/api/v1/namespaces/open-cluster-management/serviceaccounts/agent-registration-bootstrap-edge-1';
  return (await world.read('hub', account))?.metadata.uid ?? '';
}

const decision = (object: KubeObject | undefined): string | undefined => {
  const { conditions } = (object?.['status'] ?? {}) as { conditions?: readonly { type: string }[] };
  return conditions?.[0]?.type;
};
const decide = async (name: string, type: 'Approved' | 'Denied'): Promise<void> => {
  const live = await world.read('hub', `${requests}/${name}`);
  const status = { conditions: [{ type, status: 'True', reason: 'kubectl', message: '' }] };
  await world.kubectl('hub', 'PUT', `${requests}/${name}/approval`, { ...live, status });
};

test("a stranger's request is reported, never approved, and blocks nothing", async () => {
  await request('edge-1-stranger', 'mallory');
  const { survey, outcomes } = await world.apply(fleet);
  expect(survey.plan.registrations[0]?.notes).toEqual([
    'a certificate request by somebody else is ignored: edge-1-stranger, by mallory',
  ]);
  expect(outcomes).toMatchObject([{ is: 'done', action: 'join' }]);
  expect(decision(await world.read('hub', `${requests}/edge-1-stranger`))).toBeUndefined();
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'in-sync' });
});

test('of several own requests the newest is approved', async () => {
  const uid = await begun();
  await request('edge-1-older', identity, uid);
  world.clock.leap(60_000);
  await request('edge-1-newer', identity, uid);
  const { outcomes } = await world.apply(fleet);
  expect(outcomes).toMatchObject([{ is: 'done' }]);
  expect(decision(await world.read('hub', `${requests}/edge-1-newer`))).toBe('Approved');
  expect(decision(await world.read('hub', `${requests}/edge-1-older`))).toBeUndefined();
});

test('a request of an earlier identity of the same name is not ours', async () => {
  await request('edge-1-earlier', identity, 'an-earlier-uid');
  expect((await world.apply(fleet)).outcomes).toMatchObject([{ is: 'done', action: 'join' }]);
  expect(decision(await world.read('hub', `${requests}/edge-1-earlier`))).toBeUndefined();
});

test('an own request that a person denied is refused until it is deleted', async () => {
  const uid = await begun();
  await request('edge-1-denied', identity, uid);
  await decide('edge-1-denied', 'Denied');
  expect(verdicts(await world.plan(fleet))).toEqual({
    'hub/edge-1': 'refused: CertificateSigningRequest/edge-1-denied was denied',
  });
  // The agent asks again at once; that does not overrule the person.
  world.clock.leap(60_000);
  await request('edge-1-again', identity, uid);
  expect(verdicts(await world.plan(fleet))['hub/edge-1']).toMatch(/^refused/);
  await world.kubectl('hub', 'DELETE', `${requests}/edge-1-denied`);
  expect(verdicts(await world.plan(fleet))).toEqual({ 'hub/edge-1': 'join' });
});

test('with ten requests the agent asks no more, and the wait says so', async () => {
  for (let number = 0; number < 10; number += 1) await request(`edge-1-junk-${number}`, 'mallory');
  const { outcomes } = await world.apply(fleet, {}, { waitTimeoutMs: 30_000 });
  expect(outcomes).toMatchObject([
    { is: 'failed', step: 'approve', reason: expect.stringContaining('the agent makes no more while there are 10') },
  ]);
  for (let number = 0; number < 10; number += 1)
    await world.kubectl('hub', 'DELETE', `${requests}/edge-1-junk-${number}`);
  expect((await world.apply(fleet)).outcomes).toMatchObject([{ is: 'done' }]);
});

test('consent that a person took back is refused, not given again', async () => {
  await world.apply(fleet);
  const cluster = '/apis/cluster.open-cluster-management.io/v1/managedclusters/edge-1';
  await world.kubectl('hub', 'PATCH', cluster, { spec: { hubAcceptsClient: false } });
  await world.until('denied', async () => {
    const verdict = verdicts(await world.plan(fleet))['hub/edge-1'] ?? '';
    return /^refused: .*hubAcceptsClient was set to false/.test(verdict) ? true : undefined;
  });
  expect((await world.apply(fleet)).outcomes).toEqual([]);
});
