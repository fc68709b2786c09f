import { beforeAll, describe, expect, test } from 'vitest';
import { fingerprints } from '../../src/kube/certificates.ts';
import { clusterOf } from '../../src/kube/client.ts';
import { dialKubeconfig } from '../../src/kube/connect.ts';
import { kubeEnvironment } from '../../src/kube/environment.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { signingRequest } from './authority.ts';
import { errorOf, types } from './scripted.ts';

const environment = kubeEnvironment({ variables: {}, homeFolder: '/nowhere', terminal: false });
const namespaceType = { apiVersion: 'v1', kind: 'Namespace', resource: 'namespaces', namespaced: false } as const;

/**
 * What the client promises, on any API server.
 * @param namespace where it works; is made and left behind
 * @param cluster asked for only while tests run; lists two objects per page
 */
export function clientContract(title: string, namespace: string, cluster: () => Cluster): void {
  describe(title, () => {
    const configMap = (name: string, data: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data,
    });
    const key = (name: string) => ({ type: types.configMap, namespace, name });

    beforeAll(async () => {
      const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
      await cluster().apply(namespaceType, object, { fieldManager: 'test', force: false });
    });

    test('absent, written, read, listed over pages, patched, removed', async () => {
      expect((await cluster().get(key('a'))).object).toBeUndefined();
      for (const name of ['a', 'b', 'c'])
        await cluster().apply(types.configMap, configMap(name, { v: '1' }), { fieldManager: 'test', force: false });
      const { object, at } = await cluster().get(key('a'));
      expect(object).toMatchObject({ data: { v: '1' } });
      expect(Date.parse(at)).toBeGreaterThan(Date.now() - 60_000);
      const { items } = await cluster().list({
        type: types.configMap,
        namespace,
        fieldSelector: 'metadata.name!=kube-root-ca.crt',
      });
      expect(items.map((each) => each.metadata.name)).toEqual(['a', 'b', 'c']);
      const partial = await cluster().list({ type: types.configMap, namespace, metadataOnly: true });
      expect(partial.items.every((each) => each['data'] === undefined)).toBe(true);
      const version = object?.metadata.resourceVersion ?? '';
      await cluster().merge(key('a'), { data: { v: '2' } }, { fieldManager: 'other', resourceVersion: version });
      expect(
        await errorOf(cluster().merge(key('a'), {}, { fieldManager: 'other', resourceVersion: version })),
      ).toMatchObject({ kind: 'conflict' });
      const conflict = await errorOf(
        cluster().apply(types.configMap, configMap('a', { v: '3' }), { fieldManager: 'test', force: false }),
      );
      expect(conflict).toMatchObject({ kind: 'conflict', conflicts: [{ manager: 'other', field: '.data.v' }] });
      await errorOf(cluster().remove(key('a'), { uid: 'of-another' }));
      await cluster().remove(key('a'), { uid: object?.metadata.uid ?? '' });
      expect((await cluster().get(key('a'))).object).toBeUndefined();
      await cluster().remove(key('a'), { uid: object?.metadata.uid ?? '' });
    });

    test('a watch sees what happens after a list', async () => {
      const { resourceVersion } = await cluster().list({ type: types.configMap, namespace });
      const stop = new AbortController();
      const seen: string[] = [];
      const watching = (async () => {
        for await (const { type, object } of cluster().watch(
          { type: types.configMap, namespace },
          { resourceVersion, signal: stop.signal },
        )) {
          if (type === 'BOOKMARK') continue;
          seen.push(`${type} ${object.metadata.name}`);
          if (seen.length === 2) stop.abort();
        }
      })();
      const made = await cluster().apply(types.configMap, configMap('w', {}), { fieldManager: 'test', force: false });
      await cluster().remove(key('w'), { uid: made.metadata.uid ?? '' });
      await watching;
      expect(seen).toEqual(['ADDED w', 'DELETED w']);
    });

    test('a token for a ServiceAccount, put into a Secret as a kubeconfig, works and is read back as facts only', async () => {
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'agent', namespace } };
      const accountType = { apiVersion: 'v1', kind: 'ServiceAccount', resource: 'serviceaccounts', namespaced: true };
      const made = await cluster().apply(accountType, account, { fieldManager: 'test', force: false });
      const { token, expires } = await cluster().token({ namespace, name: 'agent' }, { expirationSeconds: 3600 });
      const { server, ca = '' } = cluster().endpoint;
      const text = JSON.stringify({
        clusters: [
          { name: 'hub', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
        ],
        users: [{ name: 'u', user: { token } }],
        contexts: [{ name: 'x', context: { cluster: 'hub', user: 'u' } }],
        'current-context': 'x',
      });
      await cluster().applySecret({ namespace, name: 'boot', data: { kubeconfig: text } }, { fieldManager: 'test' });
      const { object } = await cluster().get(
        { type: types.secret, namespace, name: 'boot' },
        { kubeconfig: 'kubeconfig' },
      );
      const subject = `system:serviceaccount:${namespace}:agent`;
      expect(object?.['facts']).toMatchObject({
        kubeconfig: {
          server,
          ca: fingerprints(ca),
          clusterName: 'hub',
          hasToken: true,
          token: { subject, subjectUid: made.metadata.uid, expires: expires.replace(/\.\d+/, '') },
        },
      });
      expect(JSON.stringify(object)).not.toContain(token.split('.')[2]);
      const agent = dialKubeconfig(text, environment);
      const asAgent = clusterOf(agent, cluster().endpoint, { retries: 0 });
      expect(await errorOf(asAgent.list({ type: types.secret, namespace }))).toMatchObject({
        kind: 'forbidden',
        message: `${subject} may not list secrets in the namespace "${namespace}"`,
      });
      expect(await asAgent.may({ verb: 'list', group: '', resource: 'secrets', namespace })).toBe(false);
      expect(await cluster().may({ verb: 'list', group: '', resource: 'secrets', namespace })).toBe(true);
      await agent.close();
    });

    test('a certificate request is judged by its facts and approved once', async () => {
      const name = `request-${namespace}`;
      const body = {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name },
        spec: {
          request: Buffer.from(await signingRequest('CN=agent,O=one')).toString('base64'),
          signerName: 'kubernetes.io/kube-apiserver-client',
          usages: ['digital signature', 'key encipherment', 'client auth'],
        },
      };
      await cluster().apply(types.request, body, { fieldManager: 'test', force: false });
      const requestKey = { type: types.request, name };
      const { object } = await cluster().get(requestKey);
      expect(object?.['facts']).toEqual({
        request: { commonName: 'agent', organizations: ['one'], subjectAltNames: [], signatureValid: true },
      });
      const judged = { reason: 'Test', message: 'ours' };
      expect(await errorOf(cluster().approve(name, { ...judged, resourceVersion: 'another' }))).toMatchObject({
        kind: 'conflict',
      });
      await cluster().approve(name, { ...judged, resourceVersion: object?.metadata.resourceVersion ?? '' });
      await expect
        .poll(async () => (await cluster().get(requestKey)).object?.['facts'])
        .toMatchObject({ certificate: { commonName: 'agent', organizations: ['one'] } });
    });

    test('what is served and what is not', async () => {
      const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', resource: 'deployments', namespaced: true };
      expect((await cluster().served('apps/v1')).resources).toContainEqual(deployment);
      expect((await cluster().served('no.such.group/v1')).resources).toBeUndefined();
      expect((await cluster().served('v1')).resources).toContainEqual(types.secret);
      const listable = await cluster().namespacedTypes();
      expect(listable).toContainEqual(types.configMap);
      expect(listable).toContainEqual(deployment);
      expect(listable.every((type) => type.namespaced)).toBe(true);
      const unknown = { apiVersion: 'no.such.group/v1', kind: 'Thing', resource: 'things', namespaced: false };
      expect(await errorOf(cluster().get({ type: unknown, name: 'x' }))).toMatchObject({ kind: 'not-served' });
    });

    test('a field that the schema does not know, a namespace that is not there', async () => {
      const how = { fieldManager: 'test', force: false };
      const odd = { ...configMap('odd', {}), noSuchField: 1 };
      expect(await errorOf(cluster().apply(types.configMap, odd, how))).toMatchObject({
        kind: 'invalid',
        retryable: false,
      });
      const lost = { ...configMap('lost', {}), metadata: { name: 'lost', namespace: 'no-such-namespace' } };
      expect(await errorOf(cluster().apply(types.configMap, lost, how))).toMatchObject({
        kind: 'not-found',
        message: expect.stringContaining('"no-such-namespace"'),
      });
    });
  });
}
