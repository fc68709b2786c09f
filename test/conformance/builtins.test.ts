import { afterAll, beforeAll, expect } from 'vitest';
import type { KubeObject, RawCluster } from '../../src/model/cluster.ts';
import { applyObject } from '../../src/sandbox/server/fields/apply.ts';
import { builtInSchema } from '../../src/sandbox/server/fields/builtins.ts';
import { withDefaults } from '../../src/sandbox/server/fields/schema.ts';
import { trackUpdate } from '../../src/sandbox/server/fields/track.ts';
import { type ControlPlanes, startControlPlanes } from '../control-plane/harness.ts';
import { onRealControlPlanes } from '../control-plane/required.ts';

const rbac = 'rbac.authorization.k8s.io/v1';
const pod = {
  containers: [
    {
      name: 'agent',
      image: 'registry.test/agent:v1',
      args: ['a'],
      ports: [{ containerPort: 80 }],
      env: [{ name: 'A', value: 'b' }],
      resources: { limits: { cpu: '0.5', memory: '2048Mi' }, requests: { cpu: '100m', memory: '1.5Gi' } },
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
    },
  ],
  volumes: [{ name: 'v', emptyDir: {} }],
  // Tolerates what the server would otherwise add tolerations for.
  tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
  nodeSelector: { a: 'b' },
};

/** By REST path of the collection: objects with the fields that registrations touch. */
const objects: readonly (readonly [path: string, object: KubeObject])[] = [
  ['/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x', labels: { a: 'b' } } }],
  [
    '/api/v1/namespaces/default/configmaps',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', finalizers: ['a/b'] }, data: { a: '1' } },
  ],
  [
    '/api/v1/namespaces/default/secrets',
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, data: { a: 'YQ==' } },
  ],
  [
    '/api/v1/namespaces/default/serviceaccounts',
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'x' },
      secrets: [{ name: 's' }],
      imagePullSecrets: [{ name: 'p' }],
    },
  ],
  ['/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: pod }],
  [
    '/apis/apps/v1/namespaces/default/deployments',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x' },
      spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: pod } },
    },
  ],
  [
    '/apis/coordination.k8s.io/v1/namespaces/default/leases',
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'x' },
      spec: { leaseDurationSeconds: 60, renewTime: '2026-01-01T00:00:00.000000Z' },
    },
  ],
  [
    `/apis/${rbac}/namespaces/default/roles`,
    {
      apiVersion: rbac,
      kind: 'Role',
      metadata: { name: 'x' },
      rules: [{ apiGroups: [''], verbs: ['get'], resources: ['pods'] }],
    },
  ],
  [
    `/apis/${rbac}/clusterroles`,
    {
      apiVersion: rbac,
      kind: 'ClusterRole',
      metadata: { name: 'x' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
      rules: [{ nonResourceURLs: ['/healthz'], verbs: ['get'] }],
    },
  ],
  [
    `/apis/${rbac}/clusterrolebindings`,
    {
      apiVersion: rbac,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'x' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'x' },
      subjects: [{ kind: 'ServiceAccount', name: 's', namespace: 'default' }],
    },
  ],
];

const labelsOf = ({ metadata: { labels } }: KubeObject): Partial<KubeObject['metadata']> => (labels ? { labels } : {});

/** The entry's fields, by manager. */
const owned = (object: KubeObject): unknown =>
  (object.metadata.managedFields ?? []).map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }));

onRealControlPlanes('built-in kinds are typed as a real API server types them', ({ test }) => {
  let started: ControlPlanes | undefined;
  let cluster: RawCluster;
  beforeAll(async () => {
    started = await startControlPlanes(['builtins']);
    const [plane] = started.planes;
    if (!plane) throw new Error('one was asked for');
    cluster = plane.connect();
  }, 60_000);
  afterAll(async () => {
    await cluster?.close();
    await started?.stop();
  }, 20_000);

  async function send(method: 'POST' | 'PATCH', path: string, object: KubeObject): Promise<KubeObject> {
    const type = method === 'POST' ? 'application/json' : 'application/apply-patch+yaml';
    const answer = await cluster.send({
      method,
      path,
      headers: { 'content-type': type },
      body: JSON.stringify(object),
    });
    expect(answer.status, answer.body).toBe(201);
    return JSON.parse(answer.body);
  }

  test.each(objects)('%s', async (path, object) => {
    const schema = builtInSchema(object.apiVersion, object.kind);
    const now = '2026-01-01T00:00:00Z';
    const posted = await send('POST', `${path}?dryRun=All&fieldManager=m`, object);
    expect(posted).toMatchObject(withDefaults(schema, object));
    // What the server adds after defaulting (a Namespace's phase) is nobody's; labels it adds are not.
    const after = withDefaults(schema, { ...object, metadata: { ...object.metadata, ...labelsOf(posted) } });
    const managedFields = trackUpdate({ before: undefined, after, manager: 'm', schema, now });
    expect(managedFields[0]?.fieldsV1).toEqual(posted.metadata.managedFields?.[0]?.fieldsV1);

    const applied = await send('PATCH', `${path}/x?dryRun=All&fieldManager=m`, object);
    const answer = applyObject({ live: undefined, applied: object, manager: 'm', force: false, schema, now });
    if (!('object' in answer)) throw new Error(JSON.stringify(answer));
    expect(owned(answer.object)).toEqual(owned(applied));
    const { managedFields: _, ...metadata } = answer.object.metadata;
    expect(applied).toMatchObject({ ...answer.object, metadata });
  });
});
