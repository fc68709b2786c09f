import { expect, it } from 'vitest';
import { eventually } from './api.ts';
import type { Subject } from './contract.ts';
import { widget, widgetGroup, widgetsPath } from './widgets.ts';

/** Deletion: preconditions, finalizers, owners, collections. */
export function deleting({ api, namespace }: Subject): void {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const finalizer = 'rollcall.dev/hold';
  const gone = (what: string) =>
    eventually(
      () => api().get(what),
      ({ status }) => status === 404,
    );

  it('says what it deleted', async () => {
    const made = await api().post(widgetsPath, widget('gone'));
    const { status, body } = await api().delete(`${widgetsPath}/gone`);
    expect(status).toBe(200);
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'gone', group: widgetGroup, kind: 'widgets', uid: made.body.metadata.uid },
    });
    expect((await api().delete(`${widgetsPath}/gone`)).status).toBe(404);
  });

  it('deletes only the object that is meant', async () => {
    const made = await api().post(path, { metadata: { name: 'meant' } });
    const other = await api().delete(`${path}/meant`, {
      preconditions: { uid: 'b5a0ce84-0c83-44ad-9a1e-2d4d6c3a8d1f' },
    });
    expect(other.status).toBe(409);
    expect(other.body).toMatchObject({
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on ConfigMap "meant": the UID in the precondition (b5a0ce84-0c83-44ad-9a1e-2d4d6c3a8d1f) does not match the UID in record (${made.body.metadata.uid}). The object might have been deleted and then recreated`,
    });
    const old = await api().delete(`${path}/meant`, { preconditions: { resourceVersion: '1' } });
    expect(old.status).toBe(409);
    const tried = await api().delete(`${path}/meant?dryRun=All`);
    expect(tried.status).toBe(200);
    expect((await api().delete(`${path}/meant`, { preconditions: { uid: made.body.metadata.uid } })).status).toBe(200);
    expect((await api().get(`${path}/meant`)).status).toBe(404);
  });

  it('waits for finalizers, takes no new ones, and goes with the last', async () => {
    await api().post(widgetsPath, widget('held', {}, { finalizers: [finalizer] }));
    const deleted = await api().delete(`${widgetsPath}/held`);
    expect(deleted).toMatchObject({ status: 200, body: { kind: 'Widget', metadata: { generation: 2 } } });
    expect(deleted.body.metadata.deletionTimestamp).toBeDefined();
    const again = await api().delete(`${widgetsPath}/held`);
    expect(again.body.metadata.resourceVersion).toBe(deleted.body.metadata.resourceVersion);
    const added = await api().merge(`${widgetsPath}/held`, {
      metadata: { finalizers: [finalizer, 'rollcall.dev/other'] },
    });
    expect(added.status).toBe(422);
    expect(added.body.message).toContain('no new finalizers can be added if the object is being deleted');
    expect((await api().merge(`${widgetsPath}/held`, { metadata: { finalizers: null } })).status).toBe(200);
    expect((await api().get(`${widgetsPath}/held`)).status).toBe(404);
  });

  it('deletes collections by selector', async () => {
    for (const name of ['c1', 'c2']) await api().post(path, { metadata: { name, labels: { set: 'collected' } } });
    await api().post(path, { metadata: { name: 'c3', labels: { set: 'kept' } } });
    expect((await api().delete(`${path}?labelSelector=set%3Dcollected`)).status).toBe(200);
    expect((await api().get(`${path}?labelSelector=set%20in%20(collected,kept)`)).body.items).toMatchObject([
      { metadata: { name: 'c3' } },
    ]);
  });

  const owned = async (owner: string, name: string, policy: string) => {
    const made = await api().post(path, { metadata: { name: owner } });
    const { uid } = made.body.metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid, blockOwnerDeletion: true }];
    await api().post(path, { metadata: { name, ownerReferences } });
    await api().delete(`${path}/${owner}`, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: policy });
    await gone(`${path}/${owner}`);
  };

  it('collects what the deleted object owned, before or after it', async () => {
    await owned('owner1', 'owned1', 'Background');
    await gone(`${path}/owned1`);
    await owned('owner2', 'owned2', 'Foreground');
    expect((await api().get(`${path}/owned2`)).status).toBe(404);
  }, 30_000);

  it('leaves orphans when asked to', async () => {
    await owned('owner3', 'orphan3', 'Orphan');
    const { body } = await api().get(`${path}/orphan3`);
    expect(body.metadata.ownerReferences).toBeUndefined();
  }, 30_000);

  it('collects what names an owner that is not there', async () => {
    const ownerReferences = [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: 'b5a0ce84-0c83-44ad-9a1e-2d4d6c3a8d1f' },
    ];
    await api().post(path, { metadata: { name: 'lost', ownerReferences } });
    await gone(`${path}/lost`);
  }, 30_000);
}
