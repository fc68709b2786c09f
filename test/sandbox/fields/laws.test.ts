import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/model/cluster.ts';
import { applyObject } from '../../../src/sandbox/server/fields/apply.ts';
import { decodeFields, encodeFields } from '../../../src/sandbox/server/fields/fieldset.ts';
import { prune, schemaFromCrd, withDefaults } from '../../../src/sandbox/server/fields/schema.ts';
import { validate } from '../../../src/sandbox/server/fields/validate.ts';
import { compareFields, fieldsSaid } from '../../../src/sandbox/server/fields/walk.ts';
import { definition, specs } from '../../conformance/ownership.things.ts';

const schema = schemaFromCrd(definition.spec.versions[0].schema.openAPIV3Schema);
const runs = { numRuns: 200 };
const now = '2026-01-01T00:00:00Z';
const later = '2026-01-01T00:00:09Z';

const object = (spec: Record<string, unknown>): KubeObject => ({
  apiVersion: 'conformance.rollcall.dev/v1',
  kind: 'Thing',
  metadata: { name: 'a' },
  spec,
});

function apply(live: KubeObject | undefined, spec: Record<string, unknown>, manager: string, at = now): KubeObject {
  const answer = applyObject({ live, applied: object(spec), manager, force: true, schema, now: at });
  if (!('object' in answer)) throw new Error(JSON.stringify(answer));
  return answer.object;
}

const fieldsOf = (of: KubeObject, manager: string): Set<string> =>
  decodeFields(of.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1 ?? {});

test('applying twice changes nothing the second time', () => {
  fc.assert(
    fc.property(specs, specs, (first, second) => {
      const live = apply(apply(undefined, first, 'one'), second, 'two');
      expect(apply(live, second, 'two', later)).toBe(live);
    }),
    runs,
  );
});

test('what is applied is in the object afterwards', () => {
  fc.assert(
    fc.property(specs, specs, (first, second) => {
      const live = apply(apply(undefined, first, 'one'), second, 'two');
      const said = fieldsSaid(schema, object(second));
      const there = fieldsSaid(schema, live);
      // An empty container that is applied into one that holds something is no longer a field of its own.
      const missing = [...said].filter(
        (path) => !there.has(path) && ![...there].some((other) => other.startsWith(`${path}\n`)),
      );
      expect(missing).toEqual([]);
    }),
    runs,
  );
});

test('after a forced apply the other manager conflicts exactly where it wants something else', () => {
  fc.assert(
    fc.property(specs, specs, (first, second) => {
      const live = apply(apply(undefined, first, 'one'), second, 'two');
      const again = applyObject({ live, applied: object(first), manager: 'one', force: false, schema, now });
      if ('object' in again) expect(apply(again.object, second, 'two')['spec']).toEqual(again.object['spec']);
      else expect('conflicts' in again && again.conflicts.every((found) => found.manager === 'two')).toBe(true);
    }),
    runs,
  );
});

test('giving everything up never touches what the other says', () => {
  fc.assert(
    fc.property(specs, specs, (first, second) => {
      const before = apply(apply(undefined, first, 'one'), second, 'two');
      const after = apply(before, {}, 'one', later);
      // Empty lists may come back: the server keeps no owner for them.
      const { modified, removed } = compareFields(schema, after, apply(after, second, 'two', later));
      expect([...modified, ...removed].filter((path) => !path.startsWith('f:metadata'))).toEqual([]);
      expect(fieldsOf(after, 'two')).toEqual(fieldsOf(before, 'two'));
    }),
    runs,
  );
});

test('a field set survives its encoding', () => {
  fc.assert(
    fc.property(specs, (spec) => {
      const said = fieldsSaid(schema, object(spec));
      expect(decodeFields(encodeFields(said))).toEqual(said);
    }),
    runs,
  );
});

test('what is stored is declared, valid and stays as it is', () => {
  fc.assert(
    fc.property(specs, (spec) => {
      const stored = withDefaults(schema, object(spec));
      expect(withDefaults(schema, stored)).toBe(stored);
      expect(prune(schema, stored)).toEqual({ object: stored, dropped: [] });
      expect(validate(schema, stored)).toEqual([]);
    }),
    runs,
  );
});
