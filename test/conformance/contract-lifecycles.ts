import { expect, it } from 'vitest';
import { eventually, field } from './api.ts';
import { certificateRequest } from './certificate-request.ts';
import type { Subject } from './contract.ts';
import { widgetDefinition } from './widgets.ts';

/** Namespaces, CustomResourceDefinitions, CertificateSigningRequests. */
export function lifecycles({ api }: Subject): void {
  const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const found = (path: string) =>
    eventually(
      () => api().get(path),
      ({ status }) => status === 200,
    );

  it('starts with namespaces, and furnishes new ones', async () => {
    for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease'])
      await found(`/api/v1/namespaces/${name}`);
    const { body } = await api().post('/api/v1/namespaces', namespace('furnished'));
    expect(body).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'furnished' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    await found('/api/v1/namespaces/furnished/serviceaccounts/default');
    const ca = await found('/api/v1/namespaces/furnished/configmaps/kube-root-ca.crt');
    expect(field(ca.body, 'data')).toMatchObject({ 'ca.crt': expect.stringContaining('BEGIN CERTIFICATE') });
  }, 30_000);

  it('empties a deleted namespace, takes nothing new into it, and waits for finalizers', async () => {
    const path = '/api/v1/namespaces/ending';
    await api().post('/api/v1/namespaces', namespace('ending'));
    await api().post(`${path}/configmaps`, { metadata: { name: 'plain' } });
    await api().post(`${path}/configmaps`, { metadata: { name: 'held', finalizers: ['rollcall.dev/hold'] } });
    const deleted = await api().delete(path);
    expect(deleted.body).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
    const late = await api().post(`${path}/configmaps`, { metadata: { name: 'late' } });
    expect(late.status).toBe(403);
    expect(late.body).toMatchObject({
      reason: 'Forbidden',
      message:
        'configmaps "late" is forbidden: unable to create new content in namespace ending because it is being terminated',
      details: {
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace ending is being terminated',
            field: 'metadata.namespace',
          },
        ],
      },
    });
    const waiting = await eventually(
      () => api().get(path),
      ({ body }) => field(body, 'status.conditions') !== undefined,
    );
    expect(field(waiting.body, 'status.conditions')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          message: 'Some content in the namespace has finalizers remaining: rollcall.dev/hold in 1 resource instances',
        }),
        expect.objectContaining({
          type: 'NamespaceContentRemaining',
          status: 'True',
          message: 'Some resources are remaining: configmaps. has 1 resource instances',
        }),
      ]),
    );
    expect((await api().get(`${path}/configmaps/plain`)).status).toBe(404);
    await api().merge(`${path}/configmaps/held`, { metadata: { finalizers: null } });
    await eventually(
      () => api().get(path),
      ({ status }) => status === 404,
    );
  }, 60_000);

  it('does not let go of the namespaces it needs', async () => {
    const refused = await api().delete('/api/v1/namespaces/kube-system');
    expect(refused).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
    expect(refused.body.message).toBe('namespaces "kube-system" is forbidden: this namespace may not be deleted');
  });

  it('serves a definition until it is deleted, and deletes its objects with it', async () => {
    const group = 'short.rollcall.dev';
    const definition = {
      ...widgetDefinition,
      metadata: { name: `widgets.${group}` },
      spec: { ...widgetDefinition.spec, group },
    };
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await api().post(definitions, definition);
    const established = await eventually(
      () => api().get(`${definitions}/widgets.${group}`),
      ({ body }) => JSON.stringify(body['status'] ?? '').includes('InitialNamesAccepted'),
    );
    expect(established.body['status']).toMatchObject({
      acceptedNames: { plural: 'widgets', listKind: 'WidgetList' },
      storedVersions: ['v1'],
    });
    const widgets = `/apis/${group}/v1/widgets`;
    await found(widgets);
    await api().post(widgets, {
      apiVersion: `${group}/v1`,
      kind: 'Widget',
      metadata: { name: 'w', finalizers: ['rollcall.dev/hold'] },
    });
    await api().delete(`${definitions}/widgets.${group}`);
    await eventually(
      () => api().get(`${widgets}/w`),
      ({ body }) => body.metadata.deletionTimestamp !== undefined,
    );
    await api().merge(`${widgets}/w`, { metadata: { finalizers: null } });
    await eventually(
      () => api().get(`${definitions}/widgets.${group}`),
      ({ status }) => status === 404,
    );
    const unserved = await eventually(
      () => api().get(widgets),
      ({ status }) => status === 404,
    );
    expect(unserved.text.trim()).toBe('404 page not found');
  }, 60_000);

  it('signs a certificate request once it is approved, and lets nobody change it', async () => {
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const made = await api().post(requests, {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { generateName: 'contract-' },
      spec: {
        request: Buffer.from(await certificateRequest('contract:agent')).toString('base64'),
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['digital signature', 'key encipherment', 'client auth'],
      },
    });
    expect(made.status).toBe(201);
    expect(field(made.body, 'spec.groups')).toEqual(expect.arrayContaining(['system:masters']));
    const path = `${requests}/${made.body.metadata.name}`;
    const approved = { type: 'Approved', status: 'True', reason: 'Contract', message: 'by a test' };
    const direct = await api().put(path, { ...made.body, status: { conditions: [approved] } });
    expect(field(direct.body, 'status.conditions')).toBeUndefined();
    const bad = await api().put(`${path}/approval`, {
      ...made.body,
      status: { conditions: [{ ...approved, status: 'False' }] },
    });
    expect(bad.status).toBe(422);
    const approval = await api().put(`${path}/approval`, { ...made.body, status: { conditions: [approved] } });
    expect(approval.body).toMatchObject({ status: { conditions: [approved] } });
    const signed = await eventually(
      () => api().get(path),
      ({ body }) => field(body, 'status.certificate') !== undefined,
    );
    const certificate = Buffer.from(String(field(signed.body, 'status.certificate')), 'base64').toString();
    expect(certificate).toContain('BEGIN CERTIFICATE');
    const denied = await api().merge(`${path}/approval`, { status: { conditions: [{ ...approved, type: 'Denied' }] } });
    expect(denied.status).toBe(422);
    expect(denied.body.message).toContain('updates may not remove a condition of type "Approved"');
  }, 30_000);
}
