import { expect, it } from 'vitest';
import { eventually, field } from './api.ts';
import type { Subject } from './contract.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';

/** Secrets, ServiceAccounts, RBAC, reviews. */
export function kinds({ api, namespace }: Subject): void {
  const inNamespace = `/api/v1/namespaces/${namespace}`;

  it('encodes stringData and keeps the type of a Secret', async () => {
    const made = await api().post(`${inNamespace}/secrets`, {
      metadata: { name: 'text' },
      stringData: { a: 'secret' },
    });
    expect(made.body).toMatchObject({ type: 'Opaque', data: { a: Buffer.from('secret').toString('base64') } });
    expect(made.body).not.toHaveProperty('stringData');
    expect((await api().merge(`${inNamespace}/secrets/text`, { type: 'other/type' })).status).toBe(422);
    const unnamed = await api().post(`${inNamespace}/secrets`, {
      metadata: { name: 'unnamed' },
      type: 'kubernetes.io/service-account-token',
    });
    expect(unnamed.status).toBe(422);
  });

  it('issues tokens for ServiceAccounts, of at least ten minutes', async () => {
    await api().post(`${inNamespace}/serviceaccounts`, { metadata: { name: 'robot' } });
    const request = (seconds: number) => ({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: seconds },
    });
    const path = `${inNamespace}/serviceaccounts/robot/token`;
    const issued = await api().post(path, request(700));
    expect(issued.status).toBe(201);
    const [, payload = ''] = String(field(issued.body, 'status.token')).split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      sub: `system:serviceaccount:${namespace}:robot`,
      'kubernetes.io': { namespace, serviceaccount: { name: 'robot' } },
    });
    expect(field(issued.body, 'status.expirationTimestamp')).toMatch(/Z$/);
    expect((await api().post(path, request(300))).status).toBe(422);
    const nobody = await api().post(`${inNamespace}/serviceaccounts/nobody/token`, request(700));
    expect(nobody).toMatchObject({ status: 404, body: { details: { kind: 'serviceaccounts', name: 'nobody' } } });
  });

  it('fills token Secrets, and deletes them with their ServiceAccount', async () => {
    const account = await api().post(`${inNamespace}/serviceaccounts`, { metadata: { name: 'holder' } });
    const annotations = { 'kubernetes.io/service-account.name': 'holder' };
    const type = 'kubernetes.io/service-account-token';
    await api().post(`${inNamespace}/secrets`, { metadata: { name: 'holder-token', annotations }, type });
    const path = `${inNamespace}/secrets/holder-token`;
    const filled = await eventually(
      () => api().get(path),
      ({ body }) => field(body, 'data.token') !== undefined,
    );
    expect(Object.keys(filled.body['data'] as object).toSorted()).toEqual(['ca.crt', 'namespace', 'token']);
    expect(filled.body.metadata.annotations?.['kubernetes.io/service-account.uid']).toBe(account.body.metadata.uid);
    await api().delete(`${inNamespace}/serviceaccounts/holder`);
    await eventually(
      () => api().get(path),
      ({ status }) => status === 404,
    );
  }, 30_000);

  it('does not let a binding refer to another role', async () => {
    const roleRef = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name });
    const binding = (role: string) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'contract:bound' },
      roleRef: roleRef(role),
      subjects: [{ kind: 'User', name: 'jane' }],
    });
    const made = await api().apply(`${rbac}/clusterrolebindings/contract:bound`, binding('view'));
    expect(made.status).toBe(201);
    expect(field(made.body, 'subjects.0')).toEqual({
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'User',
      name: 'jane',
    });
    const refused = await api().apply(`${rbac}/clusterrolebindings/contract:bound`, binding('edit'));
    expect(refused.status).toBe(422);
    expect(refused.body.message).toContain('cannot change roleRef');
  });

  it('gathers aggregated roles', async () => {
    const labels = { 'contract.rollcall.dev/part': 'yes' };
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
    await api().post(`${rbac}/clusterroles`, {
      metadata: { name: 'contract:whole' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: labels }] },
      rules: [],
    });
    await api().post(`${rbac}/clusterroles`, { metadata: { name: 'contract:part', labels }, rules });
    const whole = await eventually(
      () => api().get(`${rbac}/clusterroles/contract:whole`),
      ({ body }) => (body['rules'] as unknown[] | null)?.length === 1,
    );
    expect(whole.body['rules']).toEqual(rules);
  }, 30_000);

  it('answers who somebody is and what they may do', async () => {
    const self = await api().post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
    expect(field(self.body, 'status.userInfo.groups')).toEqual(expect.arrayContaining(['system:masters']));
    const may = await api().post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      spec: { resourceAttributes: { verb: 'delete', group: '', resource: 'namespaces', name: 'x' } },
    });
    expect(may).toMatchObject({ status: 201, body: { status: { allowed: true } } });
    const other = await api().post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      spec: { user: 'nobody', groups: [], resourceAttributes: { verb: 'delete', group: '', resource: 'namespaces' } },
    });
    expect(field(other.body, 'status.allowed')).toBe(false);
  });
}
