import { X509Certificate } from 'node:crypto';
import { load } from 'js-yaml';
import { afterAll, beforeAll, expect } from 'vitest';
import type { KubeObject, RawCluster } from '../../src/model/cluster.ts';
import { seedHub, seedMember } from '../../src/sandbox/seed.ts';
import { loadX509 } from '../../src/sandbox/server/x509.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';
import { type ControlPlanes, startControlPlanes } from '../control-plane/harness.ts';
import { onRealControlPlanes } from '../control-plane/required.ts';
import { requests, send, until } from './join.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';
const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/** The same choices each time, from a small generator. */
function choices(seed: number): <T>(from: readonly T[]) => T {
  let state = seed;
  return (from) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    const chosen = from[Math.floor((state / 2 ** 31) * from.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  };
}

const pick = choices(7);
const verbs = ['get', 'list', 'update', 'create'];
const groups = ['', 'apps', 'rbac.authorization.k8s.io'];
const kinds = ['pods', 'secrets', 'deployments'];
const users = ['ann', 'bob', 'eve'];
const names = ['one', 'two'];
const spaces = ['default', 'kube-public'];

const rules = Array.from({ length: 12 }, () => ({
  verbs: [pick([...verbs, '*']), pick(verbs)],
  apiGroups: [pick([...groups, '*'])],
  resources: [pick([...kinds, '*', 'pods/log', '*/status', 'deployments/status'])],
  ...pick([{}, {}, { resourceNames: [pick(names)] }]),
}));
const subjects = [
  ...users.map((name) => ({ kind: 'User', apiGroup, name })),
  { kind: 'Group', apiGroup, name: 'team' },
  { kind: 'ServiceAccount', namespace: 'default', name: 'default' },
];
const roles = rules.map((rule, index) => ({ metadata: { name: `test-${index}` }, rules: [rule] }));
const bindings = roles.flatMap(({ metadata: { name } }) => [
  { cluster: true, namespace: '', name, subject: pick(subjects) },
  { cluster: false, namespace: pick(spaces), name, subject: pick(subjects) },
]);
const questions = Array.from({ length: 150 }, () => ({
  user: pick([...users, 'system:serviceaccount:default:default']),
  groups: pick([[], ['team']]),
  resourceAttributes: {
    verb: pick(verbs),
    group: pick(groups),
    resource: pick(kinds),
    subresource: pick(['', '', 'log', 'status']),
    namespace: pick(['', ...spaces]),
    name: pick(['', ...names]),
  },
}));

async function grant(raw: RawCluster): Promise<void> {
  const made = { apiVersion: `${apiGroup}/v1` };
  for (const role of roles) await send(raw, 'POST', `${rbac}/clusterroles`, { ...made, kind: 'ClusterRole', ...role });
  for (const { cluster, namespace, name, subject } of bindings) {
    const body = { metadata: { name }, roleRef: { apiGroup, kind: 'ClusterRole', name }, subjects: [subject] };
    if (cluster)
      await send(raw, 'POST', `${rbac}/clusterrolebindings`, { ...made, kind: 'ClusterRoleBinding', ...body });
    else
      await send(raw, 'POST', `${rbac}/namespaces/${namespace}/rolebindings`, {
        ...made,
        kind: 'RoleBinding',
        ...body,
      });
  }
}

async function answers(raw: RawCluster): Promise<readonly boolean[]> {
  const said: boolean[] = [];
  for (const spec of questions) {
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
    const { status } = (await send(raw, 'POST', reviews, review)) as KubeObject & { status: { allowed: boolean } };
    said.push(status.allowed);
  }
  return said;
}

interface Request extends KubeObject {
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly { readonly type: string; readonly message: string }[];
  };
}

/** Asks for a certificate, approves, and waits for it or for the refusal. */
async function signed(raw: RawCluster, name: string, subject: string, spec: object): Promise<Request> {
  const x509 = await loadX509();
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const pem = (await x509.Pkcs10CertificateRequestGenerator.create({ name: subject, keys, signingAlgorithm })).toString(
    'pem',
  );
  const made = await send(raw, 'POST', requests, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: Buffer.from(`${pem}\n`).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      ...spec,
    },
  });
  const conditions = [{ type: 'Approved', status: 'True', reason: 'Test', message: 'test' }];
  await send(raw, 'PUT', `${requests}/${name}/approval`, { ...made, status: { conditions } });
  return until(raw, requests, (items) => {
    const request = items.find((item): item is Request => item.metadata.name === name);
    const failed = request?.status?.conditions?.some(({ type }) => type === 'Failed') ?? false;
    return request?.status?.certificate !== undefined || failed ? request : undefined;
  });
}

onRealControlPlanes('the sandbox beside a real control plane', ({ test }) => {
  let planes: ControlPlanes;
  let world: World;
  let both: readonly RawCluster[];
  beforeAll(async () => {
    planes = await startControlPlanes(['real']);
    world = await startWorld({ hubs: [{ name: 'hub', context: 'hub' }], members: [], readYaml: load, actors: false });
    const [plane] = planes.planes;
    if (!plane) throw new Error('no control plane was started');
    both = [plane.connect(), world.hub('hub').admin];
  }, 60_000);
  afterAll(async () => {
    await Promise.all((both ?? []).map((raw) => raw.close()));
    await world?.close();
    await planes?.stop();
  }, 60_000);
  const onBoth = async <T>(act: (raw: RawCluster) => Promise<T>): Promise<readonly [T, T]> => {
    const [real, sandbox] = both;
    if (!real || !sandbox) throw new Error('nothing was started');
    return [await act(real), await act(sandbox)];
  };

  test('answers the same questions about rights the same way', async () => {
    const [real, sandbox] = await onBoth(async (raw) => {
      await grant(raw);
      return answers(raw);
    });
    const differing = questions.filter((_question, index) => real[index] !== sandbox[index]);
    expect(differing).toEqual([]);
    expect(new Set(real).size).toBe(2);
  }, 60_000);

  test('signs the same certificates', async () => {
    const usages = ['digital signature', 'key encipherment', 'client auth'];
    const [real, sandbox] = await onBoth(async (raw) => {
      const subject = 'O=system:one, O=system:two, CN=system:one:agent';
      const { status } = await signed(raw, 'good', subject, { usages, expirationSeconds: 7200 });
      const certificate = new X509Certificate(Buffer.from(status?.certificate ?? '', 'base64'));
      const { subject: whose, keyUsage, ca, validToDate, validFromDate } = certificate;
      const seconds = (validToDate.getTime() - validFromDate.getTime()) / 1000;
      return { whose, keyUsage, ca, minutes: Math.round(seconds / 60) };
    });
    expect(sandbox).toEqual(real);
  }, 30_000);

  test('refuses to sign the same requests', async () => {
    const [real, sandbox] = await onBoth(async (raw) => {
      const { status } = await signed(raw, 'odd', 'CN=x', { usages: ['server auth', 'client auth'] });
      return status?.conditions
        ?.filter(({ type }) => type === 'Failed')
        .map(({ type, message }) => ({ type, message }));
    });
    expect(sandbox).toEqual(real);
  }, 30_000);

  test('takes the seeds of a hub and of a member, twice', async () => {
    const kindsOf = async (raw: RawCluster): Promise<readonly string[]> => {
      for (let times = 0; times < 2; times++) {
        await seedHub(raw, { server: 'https://127.0.0.1:1', ca: 'test' });
        await seedMember(raw);
      }
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const { items } = (await send(raw, 'GET', path)) as KubeObject & { items: readonly KubeObject[] };
      return items.map(({ metadata }) => metadata.name).toSorted();
    };
    const [real, sandbox] = await onBoth(kindsOf);
    expect(sandbox).toEqual(real);
  }, 60_000);
});
