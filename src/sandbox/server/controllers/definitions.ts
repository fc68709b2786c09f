import type { KubeObject } from '../../../model/cluster.ts';
import { type Core, timestamp } from '../core.ts';
import { type DefinitionSpec, definitionSpec } from '../definitions.ts';
import { definitionFinalizer, remove } from '../remove.ts';
import type { ServedType } from '../resources.ts';
import { replace } from '../write.ts';
import { type Controller, controllerWriter } from './queue.ts';

const group = 'apiextensions.k8s.io';
const resource = 'customresourcedefinitions';

const writer = { ...controllerWriter, manager: 'kube-apiserver' };

interface Status {
  readonly conditions?: readonly { readonly type: string }[];
  readonly storedVersions?: readonly string[];
}

function established(spec: DefinitionSpec, status: Status, now: string): object {
  const storage = spec.versions.find((version) => version.storage)?.name;
  const versions = [...(status.storedVersions ?? []), ...(storage === undefined ? [] : [storage])];
  const condition = (type: string, reason: string, message: string) => {
    const known = status.conditions?.find((entry) => entry.type === type);
    return known ?? { type, status: 'True', reason, message, lastTransitionTime: now };
  };
  return {
    acceptedNames: spec.names,
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    storedVersions: [...new Set(versions)],
  };
}

/** Serves what CustomResourceDefinitions declare, and deletes their objects with them. */
export function definitions(core: Core): Controller {
  const accept = (type: ServedType, definition: KubeObject) => {
    const spec = definitionSpec(definition);
    const status = established(spec, definition['status'] ?? {}, timestamp(core.chance));
    core.registry.install(definition);
    replace(core, type, definition, { ...definition, status }, writer, { subresource: 'status' });
  };
  const cleanUp = (type: ServedType, definition: KubeObject) => {
    const [custom] = core.registry.installed(definition.metadata.name);
    const left = custom ? core.store.list(custom.group, custom.resource) : [];
    for (const object of left)
      if (custom && !object.metadata.deletionTimestamp) remove(core, custom, object, controllerWriter, {});
    if (custom && core.store.list(custom.group, custom.resource).length > 0) return;
    core.registry.uninstall(definition.metadata.name);
    const finalizers = (definition.metadata.finalizers ?? []).filter((finalizer) => finalizer !== definitionFinalizer);
    const { finalizers: _, ...metadata } = definition.metadata;
    const next = finalizers.length > 0 ? { ...metadata, finalizers } : metadata;
    replace(core, type, definition, { ...definition, metadata: next }, controllerWriter);
  };
  return {
    *concerns(change) {
      const { object } = change.entry;
      if (change.group !== group) {
        const name = `${change.resource}.${change.group}`;
        const releases =
          change.type === 'DELETED' && core.store.get(group, resource, undefined, name)?.metadata.deletionTimestamp;
        if (releases) yield name;
        return;
      }
      const before = change.before?.object.metadata;
      const same =
        before?.generation === object.metadata.generation &&
        before?.finalizers?.length === object.metadata.finalizers?.length;
      if (change.resource === resource && !same) yield object.metadata.name;
      if (change.type === 'DELETED') core.registry.uninstall(object.metadata.name);
    },
    reconcile(name) {
      const definition = core.store.get(group, resource, undefined, name);
      const type = core.registry.find(`${group}/v1`, resource);
      if (!definition || !type) return;
      if (definition.metadata.deletionTimestamp) cleanUp(type, definition);
      else accept(type, definition);
    },
  };
}
