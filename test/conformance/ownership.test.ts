import fc from 'fast-check';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import type { KubeObject, ManagedFieldsEntry, RawCluster } from '../../src/model/cluster.ts';
import { applyObject } from '../../src/sandbox/server/fields/apply.ts';
import { schemaFromCrd, withDefaults } from '../../src/sandbox/server/fields/schema.ts';
import { trackUpdate } from '../../src/sandbox/server/fields/track.ts';
import { type ControlPlanes, startControlPlanes } from '../control-plane/harness.ts';
import { onRealControlPlanes } from '../control-plane/required.ts';
import { definition, specs } from './ownership.things.ts';

/** One write: an apply, or an update of the whole object. */
interface Write {
  readonly how: 'apply' | 'force' | 'update';
  readonly manager: string;
  readonly labels: Record<string, string>;
  readonly spec: Record<string, unknown>;
}

const write: fc.Arbitrary<Write> = fc.record({
  how: fc.constantFrom('apply', 'force', 'update'),
  manager: fc.constantFrom('one', 'two', 'three'),
  labels: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2')),
  spec: specs,
});

/** What of an object both sides must agree on. Times are the server's, but for whether there is one. */
function essence(object: KubeObject | undefined): unknown {
  if (!object) return undefined;
  const entries = (object.metadata.managedFields ?? []).map(({ time, ...entry }) => ({
    ...entry,
    timed: time !== undefined,
  }));
  const text = (entry: ManagedFieldsEntry): string => `${entry.operation} ${entry.manager}`;
  return {
    labels: object.metadata.labels ?? {},
    spec: object['spec'],
    owned: entries.toSorted((a, b) => (text(a) < text(b) ? -1 : 1)),
  };
}

onRealControlPlanes('field ownership is kept as a real API server keeps it', ({ test }) => {
  let started: ControlPlanes | undefined;
  let cluster: RawCluster;
  const base = '/apis/conformance.rollcall.dev/v1/things';
  const schema = schemaFromCrd(definition.spec.versions[0].schema.openAPIV3Schema);

  beforeAll(async () => {
    started = await startControlPlanes(['ownership']);
    const [plane] = started.planes;
    if (!plane) throw new Error('one was asked for');
    cluster = plane.connect();
    const body = JSON.stringify(definition);
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await cluster.send({ method: 'POST', path, headers: { 'content-type': 'application/json' }, body });
    const served = async (): Promise<boolean> => (await cluster.send({ method: 'GET', path: base })).status === 200;
    await vi.waitUntil(served, { timeout: 15_000, interval: 100 });
  }, 60_000);
  afterAll(async () => {
    await cluster?.close();
    await started?.stop();
  }, 20_000);

  /** @returns the stored object, or the fields in conflict */
  async function real(
    name: string,
    live: KubeObject | undefined,
    made: Write,
  ): Promise<KubeObject | { conflicts: string[] }> {
    const object = objectOf(name, live, made);
    const query = `fieldManager=${made.manager}${made.how === 'force' ? '&force=true' : ''}`;
    const isCreate = made.how === 'update' && !live;
    const answer = await cluster.send({
      method: made.how === 'update' ? (isCreate ? 'POST' : 'PUT') : 'PATCH',
      path: `${isCreate ? base : `${base}/${name}`}?${query}`,
      headers: { 'content-type': made.how === 'update' ? 'application/json' : 'application/apply-patch+yaml' },
      body: JSON.stringify(object),
    });
    const body = JSON.parse(answer.body);
    if (answer.status < 300) return body;
    if (answer.status !== 409) throw new Error(`${answer.status}: ${answer.body}`);
    return {
      conflicts: body.details.causes.map(
        (cause: { message: string; field: string }) => `${cause.message} ${cause.field}`,
      ),
    };
  }

  /** The same by the functions of the sandbox. */
  function sandbox(name: string, live: KubeObject | undefined, made: Write): KubeObject | { conflicts: string[] } {
    const now = '2026-01-01T00:00:00Z';
    const object = objectOf(name, live, made);
    if (made.how === 'update') {
      const after = withDefaults(schema, object);
      const managedFields = trackUpdate({ before: live, after, manager: made.manager, schema, now });
      return { ...after, metadata: { ...after.metadata, managedFields } };
    }
    const answer = applyObject({
      live,
      applied: object,
      manager: made.manager,
      force: made.how === 'force',
      schema,
      now,
    });
    if ('object' in answer) return answer.object;
    if ('undeclared' in answer) throw new Error(answer.undeclared.join());
    const who = (entry: { operation: string; manager: string; apiVersion: string }): string =>
      `conflict with "${entry.manager}"${entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''}`;
    return { conflicts: answer.conflicts.map((found) => `${who(found)} ${found.field}`) };
  }

  let count = 0;
  test('over random writes by three managers', async () => {
    const property = fc.asyncProperty(fc.array(write, { minLength: 2, maxLength: 6 }), async (writes) => {
      const name = `thing-${count++}`;
      let live: KubeObject | undefined;
      for (const made of writes) {
        const stored = await real(name, live, made);
        const thought = sandbox(name, live, made);
        if ('conflicts' in stored || 'conflicts' in thought) {
          const sorted = (of: object): unknown => ('conflicts' in of ? (of.conflicts as string[]).toSorted() : of);
          expect(sorted(thought)).toEqual(sorted(stored));
        } else {
          expect(essence(thought)).toEqual(essence(stored));
          live = stored;
        }
      }
    });
    await fc.assert(property, { numRuns: 40, seed: 7, endOnFailure: true });
  }, 60_000);
});

function objectOf(name: string, live: KubeObject | undefined, made: Write): KubeObject {
  const head = { apiVersion: 'conformance.rollcall.dev/v1', kind: 'Thing', spec: made.spec };
  if (made.how !== 'update') return { ...head, metadata: { name, labels: made.labels } };
  return { ...head, metadata: { ...live?.metadata, name, labels: made.labels } };
}
