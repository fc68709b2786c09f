import { expect, it } from 'vitest';
import { field } from './api.ts';
import type { Subject } from './contract.ts';
import { widget, widgetGroup, widgetsPath } from './widgets.ts';

/** Server-side apply: what is owned, what goes, what conflicts. */
export function applying({ api, namespace }: Subject): void {
  const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
  const configMap = (name: string, data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
  const at = (name: string) => `${widgetsPath}/${name}`;

  it('creates (201), then changes nothing (200, same resourceVersion)', async () => {
    const applied = widget('applied', { accepts: true }, { labels: { a: 'b' } });
    const first = await api().apply(at('applied'), applied);
    expect(first.status).toBe(201);
    expect(first.body.metadata.managedFields).toMatchObject([
      {
        manager: 'contract',
        operation: 'Apply',
        apiVersion: `${widgetGroup}/v1`,
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:a': {} } }, 'f:spec': { 'f:accepts': {} } },
      },
    ]);
    const second = await api().apply(at('applied'), applied);
    expect(second.status).toBe(200);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
  });

  it('takes away what the same manager no longer applies, and puts defaults back', async () => {
    await api().apply(at('partial'), widget('partial', { seconds: 5 }, { labels: { a: 'b' } }));
    const { body } = await api().apply(at('partial'), widget('partial', { accepts: true }));
    expect(body.metadata.labels).toBeUndefined();
    expect(field(body, 'spec')).toEqual({ accepts: true, seconds: 60 });
  });

  it('leaves what another manager applies', async () => {
    await api().apply(at('shared'), widget('shared', { seconds: 5 }, { labels: { a: 'b' } }), { manager: 'one' });
    const { body } = await api().apply(at('shared'), widget('shared', { accepts: true }), { manager: 'two' });
    expect(body).toMatchObject({ metadata: { labels: { a: 'b' } }, spec: { accepts: true, seconds: 5 } });
  });

  it('cannot take away what a POST wrote', async () => {
    await api().post(widgetsPath, widget('posted', { seconds: 5 }, { labels: { a: 'b' } }));
    await api().apply(at('posted'), widget('posted', { seconds: 5 }, { labels: { a: 'b' } }));
    const { body } = await api().apply(at('posted'), widget('posted', {}));
    expect(body).toMatchObject({ metadata: { labels: { a: 'b' } }, spec: { seconds: 5 } });
  });

  it('leaves the generation of an updated object that is applied with the same values', async () => {
    await api().post(widgetsPath, widget('taken', { seconds: 5 }));
    const { body } = await api().apply(at('taken'), widget('taken', { seconds: 5 }));
    expect(body.metadata).toMatchObject({ generation: 1 });
    expect(body.metadata.managedFields).toHaveLength(2);
  });

  it('refuses what another manager holds, names it, and takes it when forced', async () => {
    await api().apply(at('fought'), widget('fought', { seconds: 5 }), { manager: 'one' });
    const refused = await api().apply(at('fought'), widget('fought', { seconds: 6 }), { manager: 'two' });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "one": .spec.seconds',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.seconds' }] },
    });
    const forced = await api().apply(at('fought'), widget('fought', { seconds: 6 }), { manager: 'two', force: true });
    expect(forced.status).toBe(200);
    expect(forced.body.metadata.managedFields?.map((entry) => entry.manager)).toEqual(['two']);
  });

  it('names updaters with the version they used', async () => {
    await api().post(configMaps, configMap('updated', { a: '1', b: '1' }));
    const refused = await api().apply(`${configMaps}/updated`, configMap('updated', { a: '2', b: '2' }), {
      manager: 'two',
    });
    expect(refused.body.message).toBe(
      'Apply failed with 2 conflicts: conflicts with "contract" using v1:\n- .data.a\n- .data.b',
    );
    const same = await api().apply(`${configMaps}/updated`, configMap('updated', { a: '1' }), { manager: 'two' });
    expect(same.status).toBe(200);
  });

  it('replaces lists without a list type as a whole, and merges the others by key', async () => {
    const taints = (key: string) => ({ taints: [{ key }] });
    await api().apply(at('listed1'), widget('listed1', taints('theirs')), { manager: 'one' });
    const refused = await api().apply(at('listed1'), widget('listed1', taints('ours')), { manager: 'two' });
    expect(refused.status).toBe(409);
    const forced = await api().apply(at('listed1'), widget('listed1', taints('ours')), { manager: 'two', force: true });
    expect(field(forced.body, 'spec.taints')).toEqual([{ key: 'ours' }]);
    const parts = (name: string) => ({ parts: [{ name, colour: 'red' }] });
    await api().apply(at('listed2'), widget('listed2', parts('theirs')), { manager: 'one' });
    const merged = await api().apply(at('listed2'), widget('listed2', parts('ours')), { manager: 'two' });
    expect(field(merged.body, 'spec.parts')).toEqual([
      { name: 'theirs', colour: 'red' },
      { name: 'ours', colour: 'red' },
    ]);
    const left = await api().apply(at('listed2'), widget('listed2'), { manager: 'one' });
    expect(field(left.body, 'spec.parts')).toEqual([{ name: 'ours', colour: 'red' }]);
  });

  it('refuses undeclared fields with a 500 that has no reason', async () => {
    const custom = await api().apply(at('undeclared'), widget('undeclared', { colour: 'red' }));
    expect(custom.status).toBe(500);
    expect(custom.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `failed to create typed patch object (/undeclared; ${widgetGroup}/v1, Kind=Widget): .spec.colour: field not declared in schema`,
      code: 500,
    });
    const builtIn = await api().apply(`${configMaps}/undeclared`, { ...configMap('undeclared', {}), colour: 'red' });
    expect(builtIn.status).toBe(500);
    expect(builtIn.body.message).toContain('field not declared in schema');
  });

  it('needs a field manager and an object without managedFields', async () => {
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const nobody = await api().send('PATCH', at('nobody'), widget('nobody'), headers);
    expect(nobody.status).toBe(422);
    expect(nobody.body.message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
    const managed = await api().apply(at('managed'), widget('managed', {}, { managedFields: [{ manager: 'x' }] }));
    expect(managed).toMatchObject({ status: 400, body: { message: 'metadata.managedFields must be nil' } });
    const absent = await api().apply(
      at('absent'),
      widget('absent', {}, { uid: 'b5a0ce84-0c83-44ad-9a1e-2d4d6c3a8d1f' }),
    );
    expect(absent.status).toBe(409);
  });

  it('fails in a namespace that does not exist, dry run or not', async () => {
    const path = '/api/v1/namespaces/later/configmaps/x';
    expect((await api().apply(path, configMap('x', {}))).status).toBe(404);
    expect((await api().apply(`${path}?dryRun=All`, configMap('x', {}))).status).toBe(404);
  });

  it('answers for a kind that is not served with plain text', async () => {
    const path = '/apis/none.rollcall.dev/v1/things/x';
    const { status, text } = await api().apply(path, {
      apiVersion: 'none.rollcall.dev/v1',
      kind: 'Thing',
      metadata: { name: 'x' },
    });
    expect({ status, text: text.trim() }).toEqual({ status: 404, text: '404 page not found' });
  });

  it('keeps quantities of custom resources as written, those of built-in kinds in canonical form', async () => {
    const custom = await api().apply(at('amount'), widget('amount', { amount: '0.5' }));
    expect(field(custom.body, 'spec.amount')).toBe('0.5');
    const container = { name: 'c', image: 'example/c', resources: { requests: { cpu: '0.5' } } };
    const labels = { app: 'quantity' };
    const { body } = await api().apply(`/apis/apps/v1/namespaces/${namespace}/deployments/quantity`, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'quantity' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    });
    expect(field(body, 'spec.template.spec.containers.0.resources.requests.cpu')).toBe('500m');
  });

  it('stamps the time itself', async () => {
    const { body, headers } = await api().apply(at('stamped'), widget('stamped', { seconds: 5 }));
    const stamped = Date.parse(body.metadata.managedFields?.[0]?.time ?? '');
    expect(Math.abs(Date.parse(headers['date'] ?? '') - stamped)).toBeLessThanOrEqual(2000);
  });

  it('applies a status through its subresource only', async () => {
    await api().apply(at('condition'), { ...widget('condition', { seconds: 5 }), status: { phase: 'Up' } });
    expect((await api().get(at('condition'))).body).not.toHaveProperty('status');
    const status = {
      apiVersion: `${widgetGroup}/v1`,
      kind: 'Widget',
      metadata: { name: 'condition' },
      status: { phase: 'Up' },
    };
    const { body } = await api().apply(`${at('condition')}/status`, status, { manager: 'statuses' });
    expect(body).toMatchObject({ spec: { seconds: 5 }, status: { phase: 'Up' } });
  });
}
