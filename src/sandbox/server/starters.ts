import type { KubeObject } from '../../model/cluster.ts';
import type { Core } from './core.ts';
import { controllerWriter } from './controllers/queue.ts';
import { starterRbac } from './rbac-starter.ts';
import { create } from './write.ts';

const namespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

function plural(object: KubeObject): string {
  return `${object.kind.toLowerCase()}s`;
}

/**
 * Puts in what a new cluster holds before anybody has used it: its namespaces, RBAC defaults and own Service.
 * @param identity UID of the `kube-system` namespace; left out: random
 */
export function addStarters(core: Core, identity: string | undefined): void {
  const writer = { ...controllerWriter, manager: 'kube-apiserver' };
  const starters: readonly KubeObject[] = [
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...starterRbac,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: {
        clusterIP: '10.0.0.1',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 443 }],
        type: 'ClusterIP',
      },
    },
  ];
  for (const object of starters) {
    const type = core.registry.find(object.apiVersion, plural(object));
    if (!type) continue;
    const { entry } = create(core, type, object, { ...writer, dryRun: true });
    const { metadata } = entry.object;
    const uid = identity !== undefined && metadata.name === 'kube-system' ? { uid: identity } : {};
    core.store.put(type.group, type.resource, { ...entry.object, metadata: { ...metadata, ...uid } });
  }
}
