import { describe, expect, it } from 'vitest';
import type { ServerRequest } from '../../../src/sandbox/server/types.ts';
import { events, field } from '../../conformance/api.ts';
import { widget, widgetDefinition, widgetsPath } from '../../conformance/widgets.ts';
import { start } from './start.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const named = (name: string, more: object = {}) => ({ metadata: { name, ...more } });

describe('history', () => {
  it('expires continue tokens and offers one that goes on inconsistently', async () => {
    const { server, api } = start();
    for (const name of ['a', 'b', 'c']) await api.post(configMaps, named(name));
    const first = await api.get(`${configMaps}?limit=1`);
    await api.delete(`${configMaps}/b`);
    server.compact();
    const expired = await api.get(`${configMaps}?limit=1&continue=${String(field(first.body, 'metadata.continue'))}`);
    expect(expired).toMatchObject({ status: 410, body: { reason: 'Expired' } });
    const next = field(expired.body, 'metadata.continue');
    const second = await api.get(`${configMaps}?limit=5&continue=${String(next)}`);
    expect(second.body.items?.map((item) => item.metadata.name)).toEqual(['c']);
  });

  it('tells a watch from a forgotten resourceVersion that it is too old, in the stream', async () => {
    const { server, api } = start();
    await api.post(configMaps, named('a'));
    server.compact();
    const seen = await events(api.raw, `${configMaps}?watch=true&resourceVersion=1`, () => false);
    expect(seen).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }]);
  });

  it('serves a list as it was at a resourceVersion, and none from the future', async () => {
    const { api } = start();
    const made = await api.post(configMaps, named('a'));
    await api.delete(`${configMaps}/a`);
    const at = (version: unknown) =>
      api.get(`${configMaps}?resourceVersionMatch=Exact&resourceVersion=${String(version)}`);
    expect((await at(made.body.metadata.resourceVersion)).body.items).toMatchObject([{ metadata: { name: 'a' } }]);
    expect(await at(99_999)).toMatchObject({ status: 504, body: { reason: 'Timeout' } });
  });
});

describe('faults and spies', () => {
  it('counts every request and lets one of them fail', async () => {
    const seen: string[] = [];
    const broken = new Error('connection reset');
    const intercept = ({ path }: ServerRequest) => {
      if (path.endsWith('/reset')) return broken;
      return path.endsWith('/busy') ? { status: 429, headers: { 'retry-after': '1' }, body: 'busy' } : undefined;
    };
    const { api } = start({ intercept, onRequest: ({ method, path }) => seen.push(`${method} ${path}`) });
    await expect(api.get(`${configMaps}/reset`)).rejects.toBe(broken);
    expect(await api.get(`${configMaps}/busy`)).toMatchObject({ status: 429, text: 'busy' });
    expect((await api.get(`${configMaps}/other`)).status).toBe(404);
    expect(seen).toEqual(['reset', 'busy', 'other'].map((name) => `GET ${configMaps}/${name}`));
  });

  it('says its own time in every answer', async () => {
    const { api, clock } = start();
    clock.time = Date.parse('2030-01-02T03:04:05Z');
    expect((await api.get('/none')).headers['date']).toBe('Wed, 02 Jan 2030 03:04:05 GMT');
  });
});

describe('admission', () => {
  it('lets a webhook refuse or change what is written, and forgets who owns what it added', async () => {
    const { api } = start({
      admit: (review) => {
        if (review.resource !== 'configmaps') return undefined;
        if (review.operation === 'DELETE') return { webhook: 'guard.example', denied: 'keep it' };
        if (!review.new || review.new.metadata.name !== 'changed') return undefined;
        return { object: { ...review.new, data: { added: 'by webhook' } } };
      },
    });
    const changed = await api.post(configMaps, named('changed'));
    expect(changed.body['data']).toEqual({ added: 'by webhook' });
    expect(JSON.stringify(changed.body.metadata.managedFields ?? [])).not.toContain('f:data');
    const kept = await api.delete(`${configMaps}/changed`);
    expect(kept).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
    expect(kept.body.message).toBe('admission webhook "guard.example" denied the request: keep it');
  });
});

describe('authorization', () => {
  it('says what is forbidden, as the real server words it', async () => {
    const { as } = start();
    const jane = as('jane');
    const messages = [];
    for (const path of [`${configMaps}/x`, '/api/v1/namespaces', '/metrics']) {
      const { status, body } = await jane.get(path);
      messages.push([status, body.message]);
    }
    expect(messages).toEqual([
      [
        403,
        'configmaps "x" is forbidden: User "jane" cannot get resource "configmaps" in API group "" in the namespace "default"',
      ],
      [
        403,
        'namespaces is forbidden: User "jane" cannot list resource "namespaces" in API group "" at the cluster scope',
      ],
      [403, 'forbidden: User "jane" cannot get path "/metrics"'],
    ]);
  });

  it('needs the right to create for an apply that creates, and the right to approve a signer', async () => {
    const { api, as } = start();
    const rules = [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['patch'] },
      { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests/approval'], verbs: ['update'] },
    ];
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    await api.post(`${rbac}/clusterroles`, { ...named('patcher'), rules });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'patcher' };
    await api.post(`${rbac}/clusterrolebindings`, {
      ...named('patcher'),
      roleRef,
      subjects: [{ kind: 'User', name: 'jane' }],
    });
    const applied = { apiVersion: 'v1', kind: 'ConfigMap', ...named('new') };
    expect((await as('jane').apply(`${configMaps}/new`, applied)).status).toBe(403);
    await api.post(configMaps, named('new'));
    expect((await as('jane').apply(`${configMaps}/new`, applied)).status).toBe(200);
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const spec = { request: 'eA==', signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] };
    const made = await api.post(requests, { ...named('r'), spec });
    const approved = { ...made.body, status: { conditions: [{ type: 'Approved', status: 'True' }] } };
    const refused = await as('jane').put(`${requests}/r/approval`, approved);
    expect(refused.status).toBe(403);
    expect(refused.body.message).toContain('user not permitted to approve requests with signerName');
  });
});

describe('kinds', () => {
  it('merges built-in kinds strategically', async () => {
    const { api } = start();
    const deployments = '/apis/apps/v1/namespaces/default/deployments';
    const labels = { app: 'x' };
    const containers = [
      { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] },
      { name: 'b', image: 'b:1' },
    ];
    const template = { metadata: { labels }, spec: { containers } };
    await api.post(deployments, { ...named('d'), spec: { selector: { matchLabels: labels }, template } });
    const patch = {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'a', image: 'a:2' },
              { $patch: 'delete', name: 'b' },
            ],
          },
        },
      },
    };
    const type = { 'content-type': 'application/strategic-merge-patch+json' };
    const { body } = await api.send('PATCH', `${deployments}/d`, patch, type);
    expect(field(body, 'spec.template.spec.containers')).toMatchObject([
      { name: 'a', image: 'a:2', env: [{ name: 'X', value: '1' }] },
    ]);
    expect(field(body, 'spec.template.spec.containers')).toHaveLength(1);
  });

  it('serves every served version of a definition from the one that is stored', async () => {
    const { api, clock } = start();
    const [version] = widgetDefinition.spec.versions;
    const versions = [version, { ...version, name: 'v1beta1', storage: false }];
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await api.post(definitions, { ...widgetDefinition, spec: { ...widgetDefinition.spec, versions } });
    await clock.advance(1);
    await api.post(widgetsPath, widget('w', { seconds: 5 }));
    const beta = await api.get('/apis/contract.rollcall.dev/v1beta1/widgets/w');
    expect(beta.body).toMatchObject({ apiVersion: 'contract.rollcall.dev/v1beta1', spec: { seconds: 5 } });
  });

  it('fails a request that cannot be signed', async () => {
    const { api, clock } = start();
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const request = Buffer.from('bad').toString('base64');
    const spec = { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] };
    await api.post(requests, { ...named('r'), spec });
    await api.merge(`${requests}/r/approval`, { status: { conditions: [{ type: 'Approved', status: 'True' }] } });
    await clock.advance(1);
    const { body } = await api.get(`${requests}/r`);
    expect(field(body, 'status.conditions')).toMatchObject([
      { type: 'Approved' },
      { type: 'Failed', message: 'unable to parse csr' },
    ]);
  });
});

describe('time', () => {
  it('takes its time with namespaces, and keeps the identity it was given', async () => {
    const { api, clock } = start({ identity: 'e9a5f2c4-0000-4000-8000-000000000001' });
    expect((await api.get('/api/v1/namespaces/kube-system')).body.metadata.uid).toBe(
      'e9a5f2c4-0000-4000-8000-000000000001',
    );
    await api.post('/api/v1/namespaces', named('x'));
    await clock.advance(1);
    await api.delete('/api/v1/namespaces/x');
    await clock.advance(4_900);
    expect((await api.get('/api/v1/namespaces/x/configmaps/kube-root-ca.crt')).status).toBe(200);
    await clock.advance(200);
    expect((await api.get('/api/v1/namespaces/x')).status).toBe(404);
  });

  it('ends a watch on time, sends bookmarks meanwhile, and ends all watches when it closes', async () => {
    const { api, clock, server } = start();
    await clock.advance(1);
    const from = (await api.get(configMaps)).body.metadata.resourceVersion;
    const query = `watch=true&resourceVersion=${from}&allowWatchBookmarks=true`;
    const timed = events(api.raw, `${configMaps}?${query}&timeoutSeconds=90`, () => false);
    const open = events(api.raw, `${configMaps}?watch=true&resourceVersion=${from}`, () => false);
    await clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(100_000);
    expect((await timed).map(({ type }) => type)).toEqual(['BOOKMARK', 'BOOKMARK']);
    server.close();
    expect(await open).toEqual([]);
  });
});
