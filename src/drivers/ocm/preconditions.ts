import type { Registration } from '../../model/fleet.ts';
import type { Condition, ConditionStep } from '../../model/step.ts';
import { leaseFresh, notDenied, says } from './conditions.ts';
import { namesOf, type Refs } from './refs.ts';

/** Deleting a ManagedCluster deletes what runs on the member; with a dead agent it never ends (facts/OCM GC controller). */
export function worksGuards(registration: Registration, refs: Refs): readonly Condition[] {
  const none: Condition = { ref: refs.works, is: 'empty', says: 'no ManifestWork to be left' };
  if (registration.works === 'refuse') return [none];
  return [{ any: [none, leaseFresh(refs)] }];
}

/** What must hold before the first write; a `required` condition refuses, or is waited for where waiting helps. */
export function preconditions(registration: Registration, refs: Refs): readonly ConditionStep[] {
  const steps: ConditionStep[] = [
    {
      kind: 'condition',
      id: 'hub-serves-ocm',
      site: 'hub',
      title: 'hub serves Open Cluster Management',
      required: true,
      condition: { ref: refs.servedByHub, is: 'yes', says: 'the hub to serve cluster.open-cluster-management.io/v1' },
      next: 'install the hub with `clusteradm init`, or check the access of this hub',
    },
    {
      kind: 'condition',
      id: 'cluster-namespace',
      site: 'hub',
      title: 'cluster namespace is not Terminating',
      required: true,
      otherwise: 'pending',
      condition: {
        from: refs.clusterNamespace,
        path: ['metadata', 'deletionTimestamp'],
        exists: false,
        says: `namespace ${namesOf(registration).cluster} on the hub, which is Terminating, to be gone`,
      },
    },
    {
      kind: 'condition',
      id: 'not-denied',
      site: 'hub',
      title: 'nobody took the consent back',
      required: true,
      condition: notDenied(refs),
      next: `kubectl${contextOf(registration)} patch managedcluster ${namesOf(registration).cluster} --type merge -p '{"spec":{"hubAcceptsClient":true}}' to consent again, or declare state: absent`,
    },
    {
      kind: 'condition',
      id: 'operator',
      site: 'member',
      title: 'klusterlet operator runs on the member',
      required: true,
      condition: {
        all: [
          {
            ref: refs.servedByMember,
            is: 'yes',
            says: 'the member to serve operator.open-cluster-management.io/v1 Klusterlet',
          },
          says(refs.operator, 'Available', 'True', 'Deployment open-cluster-management/klusterlet to be Available'),
        ],
      },
      next: 'install it with `helm install klusterlet ocm/klusterlet -n open-cluster-management --create-namespace --set klusterlet.create=false`',
    },
  ];
  if (registration.options.clusterSet !== undefined) {
    steps.push({
      kind: 'condition',
      id: 'cluster-set',
      site: 'hub',
      title: 'cluster set exists',
      required: true,
      condition: {
        ref: refs.clusterSet,
        is: 'found',
        says: `ManagedClusterSet ${registration.options.clusterSet} to exist on the hub`,
      },
      next: `create it with \`clusteradm create clusterset ${registration.options.clusterSet}\``,
    });
  }
  return steps;
}

const contextOf = ({ hub }: Registration): string =>
  hub.access.via === 'kubeconfig' ? ` --context ${hub.access.context}` : '';
