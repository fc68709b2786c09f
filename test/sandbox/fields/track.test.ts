import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/model/cluster.ts';
import { applyObject } from '../../../src/sandbox/server/fields/apply.ts';
import { builtInSchema } from '../../../src/sandbox/server/fields/builtins.ts';
import { trackUpdate } from '../../../src/sandbox/server/fields/track.ts';

const schema = builtInSchema('v1', 'ConfigMap');
const early = '2026-01-01T00:00:00Z';
const late = '2026-01-01T00:00:09Z';

const configMap = (data: Record<string, string>, labels?: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'b', ...(labels && { labels }) },
  data,
});

function update(before: KubeObject | undefined, after: KubeObject, manager: string, now = early): KubeObject {
  const managedFields = trackUpdate({ before, after, manager, schema, now });
  return { ...after, metadata: { ...after.metadata, managedFields } };
}

test('a create owns everything it brings, the containers too', () => {
  expect(update(undefined, configMap({ a: '1' }, { x: 'y' }), 'kubectl').metadata.managedFields).toEqual([
    {
      manager: 'kubectl',
      operation: 'Update',
      apiVersion: 'v1',
      time: early,
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:data': { '.': {}, 'f:a': {} },
        'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } },
      },
    },
  ]);
});

test('a changed value moves to who changed it, what is gone leaves everybody', () => {
  const live = update(undefined, configMap({ a: '1', b: '2', c: '3' }), 'one');
  const changed = update(live, configMap({ a: '9', b: '2' }), 'two', late);
  expect(changed.metadata.managedFields?.map(({ manager, time, fieldsV1 }) => ({ manager, time, fieldsV1 }))).toEqual([
    { manager: 'one', time: early, fieldsV1: { 'f:data': { '.': {}, 'f:b': {} } } },
    { manager: 'two', time: late, fieldsV1: { 'f:data': { 'f:a': {} } } },
  ]);
});

test('an update that changes nothing leaves managedFields as they are', () => {
  const live = update(undefined, configMap({ a: '1' }), 'one');
  expect(update(live, configMap({ a: '1' }), 'two', late).metadata.managedFields).toEqual(live.metadata.managedFields);
});

test('an update takes what was applied', () => {
  const applied = applyObject({
    live: undefined,
    applied: configMap({ a: '1', b: '2' }),
    manager: 'rollcall',
    force: false,
    schema,
    now: early,
  });
  if (!('object' in applied)) throw new Error('refused');
  const edited = update(applied.object, configMap({ a: '9', b: '2' }), 'kubectl-edit', late);
  expect(edited.metadata.managedFields?.map(({ manager, fieldsV1 }) => ({ manager, fieldsV1 }))).toEqual([
    { manager: 'rollcall', fieldsV1: { 'f:data': { 'f:b': {} } } },
    { manager: 'kubectl-edit', fieldsV1: { 'f:data': { 'f:a': {} } } },
  ]);
});

test('finalizers are owned one by one, owner references by uid', () => {
  const plain = configMap({});
  const object = {
    ...plain,
    metadata: {
      ...plain.metadata,
      finalizers: ['x/y'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }],
    },
  };
  expect(update(undefined, object, 'one').metadata.managedFields?.[0]?.fieldsV1).toMatchObject({
    'f:metadata': {
      'f:finalizers': { '.': {}, 'v:"x/y"': {} },
      'f:ownerReferences': { '.': {}, 'k:{"uid":"u"}': {} },
    },
  });
});
