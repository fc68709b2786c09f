import { expect, test } from 'vitest';
import { errorOf, notFound, reset, scripted, status, types } from './scripted.ts';

const managed = (spec: Record<string, unknown> = {}) => ({
  apiVersion: 'cluster.open-cluster-management.io/v1',
  kind: 'ManagedCluster',
  metadata: { name: 'a' },
  spec,
});
const key = { type: types.managedCluster, name: 'a' };
const how = { fieldManager: 'rollcall', force: false };

test('apply is a server-side apply, repeated when the connection breaks', async () => {
  const { cluster, requests } = scripted([reset(), { body: managed({ hubAcceptsClient: true }) }]);
  expect(await cluster.apply(types.managedCluster, managed(), how)).toEqual(managed({ hubAcceptsClient: true }));
  expect(requests).toHaveLength(2);
  expect(requests[1]).toMatchObject({
    method: 'PATCH',
    path: '/apis/cluster.open-cluster-management.io/v1/managedclusters/a?fieldManager=rollcall&force=false',
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: JSON.stringify(managed()),
  });
});

test('a field that the CRD does not know comes as a 500 and is not repeated', async () => {
  const unknown = status(
    500,
    'InternalError',
    'failed to create typed patch object (/a; kind): .spec.foo: field not declared in schema',
  );
  const { cluster, requests } = scripted([unknown]);
  expect(await errorOf(cluster.apply(types.managedCluster, managed(), how))).toMatchObject({
    kind: 'invalid',
    retryable: false,
  });
  expect(requests).toHaveLength(1);
});

test('who holds a field is told', async () => {
  const conflict = status(409, 'Conflict', 'Apply failed with 2 conflicts: ...', {
    causes: [
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "kubectl-edit" using v1 at 2026-11-20T22:14:00Z',
        field: '.spec.leaseDurationSeconds',
      },
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "argo" with subresource "status" using v1',
        field: '.metadata.labels.tier',
      },
    ],
  });
  expect(await errorOf(scripted([conflict]).cluster.apply(types.managedCluster, managed(), how))).toMatchObject({
    kind: 'conflict',
    message: 'apply ManagedCluster a: .spec.leaseDurationSeconds, .metadata.labels.tier held by kubectl-edit, argo',
    conflicts: [
      { manager: 'kubectl-edit', field: '.spec.leaseDurationSeconds' },
      { manager: 'argo', field: '.metadata.labels.tier' },
    ],
  });
});

test('what refuses a write is named', async () => {
  const broken = status(
    500,
    'InternalError',
    'Internal error occurred: failed calling webhook "check.example.io": failed to call webhook: Post "https://x": dial tcp: refused',
  );
  for (const [answer, kind, message] of [
    [
      status(403, 'Forbidden', 'admission webhook "validation.gatekeeper.sh" denied the request: label owner required'),
      'denied',
      'webhook "validation.gatekeeper.sh" denied to apply ManagedCluster a: label owner required',
    ],
    [
      status(400, 'BadRequest', 'admission webhook "w.io" denied the request without explanation'),
      'denied',
      'webhook "w.io" denied to apply ManagedCluster a',
    ],
    [
      status(
        422,
        'Invalid',
        "managedclusters.x \"a\" is forbidden: ValidatingAdmissionPolicy 'owner' with binding 'all' denied request: no owner",
      ),
      'denied',
      undefined,
    ],
    [
      broken,
      'unavailable',
      'webhook "check.example.io" does not answer and fails closed, so the server refused to apply ManagedCluster a',
    ],
    [
      status(
        403,
        'Forbidden',
        'managedclusters.cluster.open-cluster-management.io "a" is forbidden: User "bob" cannot patch resource "managedclusters" in API group "cluster.open-cluster-management.io" at the cluster scope: RBAC: clusterrole "x" not found',
      ),
      'forbidden',
      'bob may not patch managedclusters.cluster.open-cluster-management.io at the cluster scope',
    ],
    [
      status(403, 'Forbidden', 'x is forbidden: unable to create new content', {
        causes: [{ reason: 'NamespaceTerminating' }],
      }),
      'unavailable',
      'apply ManagedCluster a: the namespace is being deleted',
    ],
    [
      status(422, 'Invalid', 'ManagedCluster "a" is invalid: spec.x: Required value'),
      'invalid',
      'apply ManagedCluster a: ManagedCluster "a" is invalid: spec.x: Required value',
    ],
    [notFound('namespaces', 'ns'), 'not-found', 'apply ManagedCluster a: namespaces "ns" not found'],
    [{ code: 404, text: '404 page not found' }, 'not-served', undefined],
    [status(401, 'Unauthorized', 'Unauthorized'), 'auth', '401, the server does not know this credential'],
  ] as const) {
    const error = await errorOf(scripted([answer], { retries: 0 }).cluster.apply(types.managedCluster, managed(), how));
    expect(error).toMatchObject({ kind, ...(message !== undefined && { message }) });
  }
});

test('a credential that ran out says so', async () => {
  const { cluster } = scripted([status(401, 'Unauthorized', 'Unauthorized')], {
    rejection: (now) => `token expired before ${new Date(now).toISOString()}`,
  });
  expect(await errorOf(cluster.get(key))).toMatchObject({
    kind: 'auth',
    message: '401, token expired before 2026-11-21T06:20:28.000Z',
  });
});

test('no credential at all is told as that, not as missing rights', async () => {
  const said =
    'x is forbidden: User "system:anonymous" cannot get resource "managedclusters" in API group "x.io" at the cluster scope';
  const error = await errorOf(scripted([status(403, 'Forbidden', said)]).cluster.get(key));
  expect(error).toMatchObject({ kind: 'auth', message: '403, the server sees no credential (system:anonymous)' });
});

test('a merge patch is conditional when asked for, and is not repeated', async () => {
  const { cluster, requests } = scripted([
    { body: managed() },
    reset(),
    status(409, 'Conflict', 'Operation cannot be fulfilled: the object has been modified'),
  ]);
  await cluster.merge(key, { metadata: { labels: { a: null } } }, { fieldManager: 'rollcall', resourceVersion: '7' });
  expect(requests[0]).toMatchObject({
    method: 'PATCH',
    path: '/apis/cluster.open-cluster-management.io/v1/managedclusters/a?fieldManager=rollcall',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: '{"metadata":{"labels":{"a":null},"resourceVersion":"7"}}',
  });
  expect(await errorOf(cluster.merge(key, {}, { fieldManager: 'rollcall' }))).toMatchObject({ kind: 'unreachable' });
  expect(await errorOf(cluster.merge(key, {}, { fieldManager: 'rollcall' }))).toMatchObject({
    kind: 'conflict',
    message: 'patch ManagedCluster a: the object changed meanwhile',
  });
  expect(requests).toHaveLength(3);
});

test('remove names the UID, takes absent for done and another object for a conflict', async () => {
  const { cluster, requests } = scripted([
    reset(),
    { body: managed() },
    notFound('managedclusters', 'a', 'cluster.open-cluster-management.io'),
    status(409, 'Conflict', 'Precondition failed: UID in precondition: u1, UID in object meta: u2'),
    { code: 404, text: '404 page not found' },
  ]);
  await cluster.remove(key, { uid: 'u1' });
  expect(JSON.parse(requests[1]?.body ?? '')).toMatchObject({ kind: 'DeleteOptions', preconditions: { uid: 'u1' } });
  await cluster.remove(key, { uid: 'u1' });
  expect(await errorOf(cluster.remove(key, { uid: 'u1' }))).toMatchObject({ kind: 'conflict' });
  expect(await errorOf(cluster.remove(key, { uid: 'u1' }))).toMatchObject({ kind: 'not-served' });
});

const request = (version: string, conditions?: readonly unknown[]) => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'a-x', resourceVersion: version },
  spec: { request: 'cGVt', signerName: 's' },
  status: { ...(conditions !== undefined && { conditions }) },
});
const judged = { resourceVersion: '7', reason: 'Rollcall', message: 'it is ours' };

test('approve adds the condition to exactly what was judged', async () => {
  const { cluster, requests } = scripted([{ body: request('7', [{ type: 'Other' }]) }, { body: request('8') }]);
  await cluster.approve('a-x', judged);
  expect(requests[1]).toMatchObject({
    method: 'PUT',
    path: '/apis/certificates.k8s.io/v1/certificatesigningrequests/a-x/approval',
  });
  expect(JSON.parse(requests[1]?.body ?? '')).toEqual(
    request('7', [{ type: 'Other' }, { type: 'Approved', status: 'True', reason: 'Rollcall', message: 'it is ours' }]),
  );
});

test('approve writes nothing to a request that changed, was approved or was denied', async () => {
  expect(await errorOf(scripted([{ body: request('8') }]).cluster.approve('a-x', judged))).toMatchObject({
    kind: 'conflict',
  });
  expect(
    await errorOf(scripted([{ body: request('7', [{ type: 'Denied' }]) }]).cluster.approve('a-x', judged)),
  ).toMatchObject({ kind: 'conflict' });
  const approved = scripted([{ body: request('7', [{ type: 'Approved' }]) }]);
  await approved.cluster.approve('a-x', judged);
  expect(approved.requests).toHaveLength(1);
});

test('a token is requested once, and the error of a failed request says nothing of the server', async () => {
  const account = { namespace: 'ns', name: 'agent' };
  const { cluster, requests } = scripted([
    { code: 201, body: { kind: 'TokenRequest', status: { token: 'T', expirationTimestamp: '2026-11-21T07:20:28Z' } } },
    reset(),
  ]);
  expect(await cluster.token(account, { expirationSeconds: 3600 })).toEqual({
    token: 'T',
    expires: '2026-11-21T07:20:28Z',
  });
  expect(requests[0]).toMatchObject({ method: 'POST', path: '/api/v1/namespaces/ns/serviceaccounts/agent/token' });
  expect(await errorOf(cluster.token(account, { expirationSeconds: 3600 }))).toMatchObject({ kind: 'unreachable' });
  expect(requests).toHaveLength(2);
});

test('a 429 is repeated even for what may not be sent twice: it was refused before it was looked at', async () => {
  const busy = status(429, 'TooManyRequests', 'slow down');
  const { cluster, requests } = scripted([busy, { body: managed() }]);
  await cluster.merge(key, {}, { fieldManager: 'rollcall' });
  expect(requests).toHaveLength(2);
});

test('a secret is written encoded, and what the server says of it is not repeated', async () => {
  const leak = status(422, 'Invalid', 'Secret "s" is invalid: data[token]: Invalid value: "hunter2"');
  const { cluster, requests } = scripted([
    { body: { kind: 'Secret', apiVersion: 'v1', metadata: { name: 's' } } },
    leak,
  ]);
  const secret = { namespace: 'ns', name: 's', type: 'Opaque', labels: { a: 'b' }, data: { token: 'hünter2' } };
  await cluster.applySecret(secret, { fieldManager: 'rollcall.credential' });
  expect(requests[0]?.path).toBe('/api/v1/namespaces/ns/secrets/s?fieldManager=rollcall.credential&force=true');
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'ns', name: 's', labels: { a: 'b' } },
    type: 'Opaque',
    data: { token: Buffer.from('hünter2').toString('base64') },
  });
  const error = await errorOf(cluster.applySecret(secret, { fieldManager: 'rollcall.credential' }));
  expect(error).toMatchObject({ kind: 'invalid', message: 'apply Secret ns/s: Invalid' });
});

test('an applied secret does not come back', async () => {
  const body = {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name: 's' },
    data: { a: 'eA==' },
    stringData: { b: 'x' },
  };
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'ns' } };
  expect(await scripted([{ body }]).cluster.apply(types.secret, object, how)).toEqual({
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name: 's' },
  });
});

test('may asks the server', async () => {
  const question = { verb: 'list', group: 'g', resource: 'r' };
  const review = (allowed: unknown) => ({ code: 201, body: { kind: 'SelfSubjectAccessReview', status: { allowed } } });
  const { cluster, requests } = scripted([review(true), review(false), review(undefined)]);
  expect([await cluster.may(question), await cluster.may(question)]).toEqual([true, false]);
  expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({ spec: { resourceAttributes: question } });
  expect(await errorOf(cluster.may(question))).toMatchObject({ kind: 'not-kubernetes' });
});
