import { expect, it } from 'vitest';
import { field } from './api.ts';
import type { Subject } from './contract.ts';
import { widget, widgetGroup, widgetsPath } from './widgets.ts';

const configMap = (name: string, labels: object = {}) => ({ metadata: { name, labels }, data: { a: '1' } });

/** Discovery, get, list. */
export function reading({ api, namespace }: Subject): void {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const fill = async () => {
    for (const [name, labels] of [
      ['r1', { set: 'read', tier: 'a' }],
      ['r2', { set: 'read', tier: 'b' }],
      ['r3', { set: 'read' }],
    ] as const) {
      await api().post(path, configMap(name, labels));
    }
  };
  const names = async (query: string) => {
    const { body } = await api().get(`${path}?${query}`);
    return body.items?.map((item) => item.metadata.name);
  };

  it('says its version, that it is ready, and what time it is', async () => {
    const version = await api().get('/version');
    expect(field(version.body, 'gitVersion')).toMatch(/^v1\.\d+/);
    expect(Date.parse(version.headers['date'] ?? '')).not.toBeNaN();
    expect(await api().get('/readyz')).toMatchObject({ status: 200, text: 'ok' });
  });

  it('lists what a group version serves, custom resources included', async () => {
    const { body } = await api().get(`/apis/${widgetGroup}/v1`);
    expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: `${widgetGroup}/v1` });
    expect(field(body, 'resources')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'widgets', kind: 'Widget', namespaced: false, shortNames: ['wg'] }),
        expect.objectContaining({ name: 'widgets/status', kind: 'Widget' }),
      ]),
    );
    const groups = await api().get('/apis');
    expect(field(groups.body, 'groups')).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: widgetGroup })]),
    );
  });

  it('lists all groups in one aggregated answer', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const { body, headers } = await api().get('/apis', { accept });
    expect(headers['content-type']).toContain('as=APIGroupDiscoveryList');
    const found = body.items?.find((group) => group.metadata.name === widgetGroup);
    expect(field(found, 'versions.0.resources.0')).toMatchObject({
      resource: 'widgets',
      responseKind: { group: widgetGroup, version: 'v1', kind: 'Widget' },
      scope: 'Cluster',
    });
  });

  it('answers what is not served with a 404 that names no object: plain text, or a Status in built-in groups', async () => {
    for (const unserved of ['/apis/none.rollcall.dev/v1', '/apis/none.rollcall.dev/v1/things/x', `${widgetsPath}s/x`]) {
      const { status, text, headers } = await api().get(unserved);
      expect({ status, text: text.trim() }).toEqual({ status: 404, text: '404 page not found' });
      expect(headers['content-type']).toContain('text/plain');
    }
    for (const unserved of ['/api/v1/nothings', '/apis/apps/v1/namespaces/x/nothings/y', '/apis/apps/v9']) {
      const { status, body } = await api().get(unserved);
      expect(status).toBe(404);
      expect(body).toMatchObject({ reason: 'NotFound', message: 'the server could not find the requested resource' });
      expect(body['details']).toEqual({});
    }
  });

  it('says which object is not there', async () => {
    const missing = await api().get(`${path}/nobody`);
    expect(missing.status).toBe(404);
    expect(missing.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "nobody" not found',
      reason: 'NotFound',
      details: { name: 'nobody', kind: 'configmaps' },
      code: 404,
    });
    const custom = await api().get(`${widgetsPath}/nobody`);
    expect(custom.body).toMatchObject({
      message: `widgets.${widgetGroup} "nobody" not found`,
      details: { name: 'nobody', group: widgetGroup, kind: 'widgets' },
    });
  });

  it('selects by labels and by name', async () => {
    await fill();
    expect(await names('labelSelector=set%3Dread')).toEqual(['r1', 'r2', 'r3']);
    expect(await names('labelSelector=set%3Dread,tier%20in%20(a,c)')).toEqual(['r1']);
    expect(await names('labelSelector=set%3Dread,tier%20notin%20(a)')).toEqual(['r2', 'r3']);
    expect(await names('labelSelector=set%3Dread,tier')).toEqual(['r1', 'r2']);
    expect(await names('labelSelector=set%3Dread,!tier')).toEqual(['r3']);
    expect(await names('labelSelector=set%3D%3Dread,tier!%3Da')).toEqual(['r2', 'r3']);
    expect(await names('fieldSelector=metadata.name%3Dr2')).toEqual(['r2']);
    expect(await names('labelSelector=set%3Dread&fieldSelector=metadata.name!%3Dr2')).toEqual(['r1', 'r3']);
    expect((await api().get(`${path}?fieldSelector=data.a%3D1`)).status).toBe(400);
    expect((await api().get(`${path}?labelSelector=%3D%3D`)).status).toBe(400);
  });

  it('pages a list, all pages as of the first', async () => {
    await fill();
    const first = await api().get(`${path}?labelSelector=set%3Dread&limit=2`);
    expect(first.body.items?.map((item) => item.metadata.name)).toEqual(['r1', 'r2']);
    const { continue: token, resourceVersion } = first.body.metadata as { continue?: string; resourceVersion?: string };
    await api().post(path, configMap('r9', { set: 'read' }));
    const second = await api().get(`${path}?labelSelector=set%3Dread&limit=2&continue=${token}`);
    expect(second.body.items?.map((item) => item.metadata.name)).toEqual(['r3']);
    expect(second.body.metadata).toEqual({ resourceVersion });
    await api().delete(`${path}/r9`);
  });

  it('leaves kind and apiVersion out of the items of built-in lists, not of custom ones', async () => {
    await fill();
    await api().post(widgetsPath, widget('listed'));
    const builtIn = await api().get(path);
    expect(builtIn.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(builtIn.body.items?.[0]).not.toHaveProperty('kind');
    const custom = await api().get(widgetsPath);
    expect(custom.body).toMatchObject({ kind: 'WidgetList', apiVersion: `${widgetGroup}/v1` });
    expect(custom.body.items?.[0]).toMatchObject({ kind: 'Widget', apiVersion: `${widgetGroup}/v1` });
  });

  it('reduces objects to their metadata when asked', async () => {
    await fill();
    const as = (kind: string) => ({ accept: `application/json;as=${kind};g=meta.k8s.io;v=v1` });
    const one = await api().get(`${path}/r1`, as('PartialObjectMetadata'));
    expect(one.body).toMatchObject({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { name: 'r1' },
    });
    expect(one.body).not.toHaveProperty('data');
    const list = await api().get(`${path}?labelSelector=set%3Dread`, as('PartialObjectMetadataList'));
    expect(list.body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    expect(list.body.items?.[0]).toMatchObject({ metadata: { name: 'r1' } });
    expect(list.body.items?.[0]).not.toHaveProperty('data');
  });

  it('prints tables', async () => {
    await api().post(widgetsPath, widget('tabled', { size: 'large' }));
    const { body } = await api().get(`${widgetsPath}/tabled`, {
      accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
    });
    expect(body).toMatchObject({ kind: 'Table', rows: [{ cells: ['tabled', 'large'] }] });
  });
}
