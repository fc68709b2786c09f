import type { Core } from '../core.ts';
import { create, replace } from '../write.ts';
import { type Controller, controllerWriter } from './queue.ts';

const rootCa = 'kube-root-ca.crt';

/** Every active namespace has a ServiceAccount `default` and a ConfigMap with the cluster's CA. */
export function accounts(core: Core): Controller {
  const ensure = (namespace: string, resource: string, name: string, kind: string, content: object) => {
    const type = core.registry.find('v1', resource);
    const live = core.store.get('', resource, namespace, name);
    if (!type) return;
    const wanted = { apiVersion: 'v1', kind, metadata: { name, namespace }, ...content };
    if (!live) create(core, type, wanted, controllerWriter);
    else if ('data' in content) replace(core, type, live, { ...live, ...content }, controllerWriter);
  };
  return {
    *concerns({ group, resource, type, entry: { object } }) {
      const { name, namespace } = object.metadata;
      if (group !== '') return;
      if (resource === 'namespaces' && type === 'ADDED') yield name;
      if (namespace === undefined) return;
      if (resource === 'serviceaccounts' && name === 'default' && type === 'DELETED') yield namespace;
      if (resource === 'configmaps' && name === rootCa && type !== 'ADDED') yield namespace;
    },
    reconcile(name) {
      const namespace = core.store.get('', 'namespaces', undefined, name);
      if (!namespace || namespace.metadata.deletionTimestamp) return;
      ensure(name, 'serviceaccounts', 'default', 'ServiceAccount', {});
      ensure(name, 'configmaps', rootCa, 'ConfigMap', { data: { 'ca.crt': core.authority.ca } });
    },
  };
}
