import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../model/cluster.ts';
import { type Core, timestamp } from '../core.ts';
import { remove } from '../remove.ts';
import type { ServedType } from '../resources.ts';
import { qualified } from '../status.ts';
import { replace } from '../write.ts';
import { type Controller, controllerWriter } from './queue.ts';

interface Left {
  readonly type: ServedType;
  readonly object: KubeObject;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime?: string;
}

function counted(entries: readonly string[], text: (name: string, count: number) => string): string {
  const names = [...new Set(entries)].toSorted();
  return names.map((name) => text(name, entries.filter((entry) => entry === name).length)).join(', ');
}

/** The conditions in which the namespace controller tells why a namespace is still there. */
function conditions(left: readonly Left[]): Condition[] {
  const kinds = counted(
    left.map(({ type }) => qualified(type)),
    (name, count) => `${name}${name.includes('.') ? '' : '.'} has ${count} resource instances`,
  );
  const finalizers = counted(
    left.flatMap(({ object }) => object.metadata.finalizers ?? []),
    (name, count) => `${name} in ${count} resource instances`,
  );
  const done = (type: string, reason: string, message: string) => ({ type, status: 'False', reason, message });
  return [
    done('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    done(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    done(
      'NamespaceDeletionContentFailure',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    kinds === ''
      ? done('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed')
      : {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${kinds}`,
        },
    finalizers === ''
      ? done('NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished')
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${finalizers}`,
        },
  ];
}

/**
 * Empties namespaces that are being deleted and lets them go once nothing is left in them.
 * @param grace milliseconds from the deletion until the content is touched
 */
export function namespaces(core: Core, grace: number): Controller {
  const contents = (name: string): Left[] =>
    core.registry
      .stored()
      .filter((type) => type.namespaced)
      .flatMap((type) => core.store.list(type.group, type.resource, name).map((object) => ({ type, object })));
  const report = (type: ServedType, namespace: KubeObject, left: readonly Left[]) => {
    const status = namespace['status'] as { readonly phase: string; readonly conditions?: readonly Condition[] };
    const now = timestamp(core.chance);
    const next = conditions(left).map((condition) => {
      const known = status.conditions?.find((entry) => entry.type === condition.type);
      const lastTransitionTime = known?.status === condition.status ? (known.lastTransitionTime ?? now) : now;
      return { ...condition, lastTransitionTime };
    });
    if (isDeepStrictEqual(status.conditions, next)) return;
    const changed = { ...namespace, status: { ...status, conditions: next } };
    replace(core, type, namespace, changed, controllerWriter, { subresource: 'status' });
  };
  return {
    *concerns({ group, resource, type, before, entry: { object } }) {
      const { name, namespace, deletionTimestamp } = object.metadata;
      if (group === '' && resource === 'namespaces') {
        const begins = deletionTimestamp !== undefined && before?.object.metadata.deletionTimestamp === undefined;
        if (begins && type === 'MODIFIED') yield { key: name, delay: grace };
      } else if (type !== 'ADDED' && namespace !== undefined) {
        const owner = core.store.get('', 'namespaces', undefined, namespace);
        if (owner?.metadata.deletionTimestamp) yield namespace;
      }
    },
    reconcile(name) {
      const namespace = core.store.get('', 'namespaces', undefined, name);
      const type = core.registry.find('v1', 'namespaces');
      if (!type || !namespace?.metadata.deletionTimestamp) return;
      for (const left of contents(name)) {
        if (!left.object.metadata.deletionTimestamp) remove(core, left.type, left.object, controllerWriter, {});
      }
      const left = contents(name);
      if (left.length > 0) return report(type, namespace, left);
      replace(core, type, namespace, { ...namespace, spec: {} }, controllerWriter, { subresource: 'finalize' });
    },
  };
}
