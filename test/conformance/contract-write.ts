import { expect, it } from 'vitest';
import { field } from './api.ts';
import type { Subject } from './contract.ts';
import { widget, widgetGroup, widgetsPath } from './widgets.ts';

/** Create, update, patch, status. */
export function writing({ api, namespace }: Subject): void {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;

  it("creates, and fills in what is the server's to say", async () => {
    const { status, body } = await api().post(widgetsPath, widget('made', { accepts: true }, { labels: { a: 'b' } }));
    expect(status).toBe(201);
    expect(body).toMatchObject({
      spec: { accepts: true, seconds: 60 },
      metadata: { generation: 1, labels: { a: 'b' } },
    });
    expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(body.metadata.managedFields).toMatchObject([
      { manager: 'contract', operation: 'Update', apiVersion: `${widgetGroup}/v1`, fieldsType: 'FieldsV1' },
    ]);
    const again = await api().post(widgetsPath, widget('made'));
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({
      reason: 'AlreadyExists',
      message: `widgets.${widgetGroup} "made" already exists`,
    });
  });

  it('makes names up', async () => {
    const one = await api().post(path, { metadata: { generateName: 'gen-' } });
    const two = await api().post(path, { metadata: { generateName: 'gen-' } });
    expect(one.body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
    expect(two.body.metadata.name).not.toBe(one.body.metadata.name);
  });

  it('refuses bad names, other kinds and missing namespaces', async () => {
    const bad = await api().post(path, { metadata: { name: 'Bad_Name' } });
    expect(bad.status).toBe(422);
    expect(bad.body).toMatchObject({ reason: 'Invalid', details: { causes: [{ field: 'metadata.name' }] } });
    expect((await api().post(path, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } })).status).toBe(400);
    expect((await api().post(path, 'no json')).status).toBe(400);
    const nowhere = await api().post('/api/v1/namespaces/nowhere/configmaps', { metadata: { name: 'x' } });
    expect(nowhere.status).toBe(404);
    expect(nowhere.body).toMatchObject({ message: 'namespaces "nowhere" not found', details: { kind: 'namespaces' } });
  });

  it('holds custom resources to their schema', async () => {
    const wrong = await api().post(widgetsPath, widget('wrong', { size: 'huge' }));
    expect(wrong.status).toBe(422);
    expect(wrong.body).toMatchObject({
      reason: 'Invalid',
      message: `Widget.${widgetGroup} "wrong" is invalid: spec.size: Unsupported value: "huge": supported values: "small", "large"`,
      details: { name: 'wrong', kind: 'Widget', causes: [{ reason: 'FieldValueNotSupported', field: 'spec.size' }] },
    });
    const extra = await api().post(widgetsPath, widget('extra', { colour: 'red' }));
    expect(extra.status).toBe(201);
    expect(field(extra.body, 'spec')).toEqual({ seconds: 60 });
    expect(extra.headers['warning']).toContain('unknown field \\"spec.colour\\"');
    const strict = await api().post(`${widgetsPath}?fieldValidation=Strict`, widget('strict', { colour: 'red' }));
    expect(strict.status).toBe(400);
    expect(strict.body.message).toContain('strict decoding error: unknown field "spec.colour"');
  });

  it('updates only what has not changed meanwhile', async () => {
    const made = await api().post(path, { metadata: { name: 'raced' }, data: { a: '1' } });
    const first = await api().put(`${path}/raced`, { ...made.body, data: { a: '2' } });
    expect(first.status).toBe(200);
    const late = await api().put(`${path}/raced`, { ...made.body, data: { a: '3' } });
    expect(late.status).toBe(409);
    expect(late.body).toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "raced": the object has been modified; please apply your changes to the latest version and try again',
      details: { name: 'raced', kind: 'configmaps' },
    });
    const { resourceVersion } = made.body.metadata;
    const patch = await api().merge(`${path}/raced`, { metadata: { resourceVersion }, data: { a: '4' } });
    expect(patch.status).toBe(409);
    const other = await api().merge(`${path}/raced`, { metadata: { uid: 'b5a0ce84-0c83-44ad-9a1e-2d4d6c3a8d1f' } });
    expect(other.status).toBe(422);
    expect(other.body.message).toContain('metadata.uid: Invalid value');
    const swapped = await api().put(`${path}/raced`, {
      metadata: { name: 'raced', uid: 'b5a0ce84-0c83-44ad-9a1e-2d4d6c3a8d1f' },
    });
    expect(swapped.status).toBe(409);
    const named = await api().put(`${path}/raced`, {
      ...first.body,
      metadata: { ...first.body.metadata, name: 'else' },
    });
    expect(named.status).toBe(400);
    const versionless = await api().put(`${widgetsPath}/made`, widget('made'));
    expect(versionless.status).toBe(422);
    expect((await api().put(`${path}/missing`, { metadata: { name: 'missing' } })).status).toBe(404);
  });

  it('patches: merge and JSON patch', async () => {
    await api().post(path, { metadata: { name: 'patched', labels: { x: '1', y: '2' } }, data: { a: '1' } });
    const merged = await api().merge(`${path}/patched`, { metadata: { labels: { x: null } }, data: { b: '2' } });
    expect(merged.body).toMatchObject({ metadata: { labels: { y: '2' } }, data: { a: '1', b: '2' } });
    expect(merged.body.metadata.labels).not.toHaveProperty('x');
    const test = (value: string) => [
      { op: 'test', path: '/data/a', value },
      { op: 'replace', path: '/data/a', value: '9' },
    ];
    expect((await api().jsonPatch(`${path}/patched`, test('1'))).body).toMatchObject({ data: { a: '9' } });
    const failed = await api().jsonPatch(`${path}/patched`, test('1'));
    expect(failed).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    expect((await api().merge(`${path}/nobody`, { data: {} })).status).toBe(404);
    const unknown = await api().send('PATCH', `${path}/patched`, {}, { 'content-type': 'application/json' });
    expect(unknown).toMatchObject({ status: 415, body: { reason: 'UnsupportedMediaType' } });
  });

  it('does not store what changes nothing', async () => {
    const made = await api().post(path, { metadata: { name: 'same' }, data: { a: '1' } });
    const { resourceVersion } = made.body.metadata;
    const put = await api().put(`${path}/same`, made.body);
    const patched = await api().merge(`${path}/same`, { data: { a: '1' } });
    expect([put, patched].map(({ body }) => body.metadata.resourceVersion)).toEqual([resourceVersion, resourceVersion]);
  });

  it('keeps spec and status apart, and counts only changes of the spec', async () => {
    const made = await api().post(widgetsPath, { ...widget('split', { seconds: 5 }), status: { phase: 'ignored' } });
    expect(made.body).not.toHaveProperty('status');
    const status = await api().put(`${widgetsPath}/split/status`, {
      ...made.body,
      spec: { seconds: 9 },
      status: { phase: 'Up' },
    });
    expect(status.body).toMatchObject({ spec: { seconds: 5 }, status: { phase: 'Up' }, metadata: { generation: 1 } });
    const spec = await api().merge(`${widgetsPath}/split`, { spec: { seconds: 6 }, status: { phase: 'Down' } });
    expect(spec.body).toMatchObject({ spec: { seconds: 6 }, status: { phase: 'Up' }, metadata: { generation: 2 } });
    const labelled = await api().merge(`${widgetsPath}/split`, { metadata: { labels: { a: 'b' } } });
    expect(labelled.body.metadata.generation).toBe(2);
    expect(labelled.body.metadata.managedFields).toEqual(
      expect.arrayContaining([expect.objectContaining({ operation: 'Update', subresource: 'status' })]),
    );
  });

  it('tries without storing', async () => {
    const tried = await api().post(`${path}?dryRun=All`, { metadata: { name: 'tried' } });
    expect(tried.status).toBe(201);
    expect((await api().get(`${path}/tried`)).status).toBe(404);
    expect(
      (await api().post(`/api/v1/namespaces/later/configmaps?dryRun=All`, { metadata: { name: 'x' } })).status,
    ).toBe(404);
  });

  it('does not allow every method everywhere', async () => {
    const put = await api().put(path, { metadata: { name: 'x' } });
    expect(put).toMatchObject({ status: 405, body: { reason: 'MethodNotAllowed' } });
  });
}
