import type { Driver } from '../../model/driver.ts';
import type { Mode } from '../../model/fleet.ts';
import { api } from './api.ts';
import { agentAlive, availableSince, leaseFresh } from './conditions.ts';
import type { Condition } from '../../model/step.ts';
import { namesOf, refsOf, type Refs } from './refs.ts';
import { type Flavour, ocmSteps } from './steps.ts';

const managedClusters = { site: 'hub', read: 'list', key: { type: api.managedCluster } } as const;

/** An agent of this cluster name was installed on the member, or has its certificate there. */
const holdsAgent = (cluster: string, refs: Refs): Condition => ({
  any: [
    {
      from: refs.klusterlet,
      path: ['spec', 'clusterName'],
      equals: { value: cluster },
      says: 'the Klusterlet to be of this cluster name',
    },
    {
      from: refs.hubCredential,
      path: ['facts', 'cluster-name'],
      equals: { value: cluster },
      says: "the agent's certificate to be for this cluster name",
    },
  ],
});

/** @returns the driver of one of the OCM modes whose agent runs on the member itself */
export function ocmDriver<M extends Mode>(mode: M, flavour: Flavour): Driver & { readonly mode: M } {
  return {
    mode,
    hubType: 'ocm',
    hubReads: () => [managedClusters],
    discover: (_hub, live) => {
      const reading = live.get(managedClusters);
      if (reading.is === 'unreadable') return { unreadable: reading.reason };
      if (reading.is !== 'listed') return { unreadable: 'the list of ManagedClusters was not read' };
      return reading.items.map(({ metadata }) => ({
        name: metadata.name,
        uid: metadata.uid ?? '',
        deleting: metadata.deletionTimestamp !== undefined,
        labels: metadata.labels ?? {},
      }));
    },
    sites: ({ hub, member }) => ({ hub: hub.access, member: member.access }),
    steps: (registration, facts) => ocmSteps(registration, facts, flavour),
    pinned: (registration) => {
      const { cluster, klusterlet, agentNamespace } = namesOf(registration);
      return { clusterName: cluster, klusterletName: klusterlet, klusterletNamespace: agentNamespace };
    },
    signs: (registration) => {
      const refs = refsOf(registration);
      return {
        agentAlive: agentAlive(refs),
        heartbeat: leaseFresh(refs),
        holdsAgent: holdsAgent(namesOf(registration).cluster, refs),
        agentRenewed: { from: refs.lease, path: ['spec', 'renewTime'] },
        since: availableSince(refs),
        certificateExpires: { from: refs.hubCredential, path: ['facts', 'tls.crt', 'notAfter'] },
      };
    },
    consequences: (registration) => {
      const refs = refsOf(registration);
      return { works: refs.works, addons: refs.addOns };
    },
  };
}
