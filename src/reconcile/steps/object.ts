import type { KubeObject } from '../../model/cluster.ts';
import { ClusterError } from '../../model/errors.ts';
import type { ObjectStep } from '../../model/step.ts';
import { compare, type Difference, fleetLabel, markerLabel } from '../compare.ts';
import { nameOf } from '../judge.ts';
import { isPersonsTool } from '../managed-fields.ts';
import { type Context, right, type StepHandler } from './handler.ts';

type Wanted = ObjectStep['objects'][number];

const difference = (step: ObjectStep, wanted: Wanted, live: KubeObject): Difference =>
  compare(nameOf(wanted.ref), wanted.object, live, {
    manager: step.fieldManager,
    ...(step.fieldRules === undefined ? {} : { rules: step.fieldRules }),
    ...(step.uncompared === undefined ? {} : { uncompared: step.uncompared }),
  });

/** Objects with declared fields, written by server-side apply. */
export const objectHandler: StepHandler<ObjectStep> = {
  refs: (step) => step.objects.map(({ ref }) => ref),
  owned: (step) => step.objects.flatMap(({ ref }) => (ref.read === 'object' ? [ref] : [])),
  rights: (step) => objectHandler.owned(step).map((ref) => right(step.site, 'patch', ref.key)),

  assess(step, live) {
    const missing: string[] = [];
    const differences: Difference[] = [];
    let leaving: string | undefined;
    for (const wanted of step.objects) {
      const reading = live.get(wanted.ref);
      if (reading.is === 'unreadable') {
        return { is: 'unknown', reason: reading.reason, ...(reading.next === undefined ? {} : { next: reading.next }) };
      }
      if (reading.is !== 'found') missing.push(nameOf(wanted.ref));
      else if (reading.object.metadata.deletionTimestamp !== undefined) leaving = nameOf(wanted.ref);
      else differences.push(difference(step, wanted, reading.object));
    }
    if (leaving !== undefined) return { is: 'pending', waitingFor: `${leaving} is being deleted` };
    const refusals = differences.flatMap(({ refusals: reasons }) => reasons);
    if (refusals.length > 0) return { is: 'refused', reason: refusals.join('; ') };
    if (missing.length > 0) return { is: 'missing', objects: missing };
    const fields = differences.flatMap(({ fields: differing }) => differing);
    return fields.length > 0 ? { is: 'drifted', fields } : { is: 'satisfied' };
  },

  async perform(step, live, sites, context) {
    const cluster = sites[step.site];
    for (const wanted of step.objects) {
      if (wanted.ref.read !== 'object') continue;
      const reading = live.get(wanted.ref);
      const found = reading.is === 'found' ? reading.object : undefined;
      const differs = found && difference(step, wanted, found);
      if (differs?.fields.length === 0) continue;
      if (differs?.recreate === true && found?.metadata.uid !== undefined) {
        await cluster.remove(wanted.ref.key, { uid: found.metadata.uid });
        continue;
      }
      const object = stamped(wanted.object, context);
      try {
        await cluster.apply(wanted.type, object, { fieldManager: step.fieldManager, force: false });
      } catch (error) {
        if (!(error instanceof ClusterError) || error.conflicts.length === 0) throw error;
        const ours = (step.fieldRules ?? [])
          .filter(({ rule }) => rule === 'ours')
          .map(({ path }) => `.${path.join('.')}`);
        const held = error.conflicts.filter(
          ({ manager, field }) =>
            !isPersonsTool(manager) && !ours.some((path) => field === path || field.startsWith(`${path}.`)),
        );
        if (held.length > 0) {
          throw new ClusterError(
            'conflict',
            `${nameOf(wanted.ref)}: ${held.map(({ manager, field }) => `${field} is held by ${manager}`).join(', ')}`,
            {
              next: 'take the field out of fleet.yaml, or make that controller give it up',
              conflicts: held,
              cause: error,
            },
          );
        }
        await cluster.apply(wanted.type, object, { fieldManager: step.fieldManager, force: true });
      }
    }
  },
};

function stamped(object: KubeObject, context: Context): KubeObject {
  const labels = { ...object.metadata.labels, [markerLabel]: 'rollcall', [fleetLabel]: context.fleet };
  return { ...object, metadata: { ...object.metadata, labels } };
}
