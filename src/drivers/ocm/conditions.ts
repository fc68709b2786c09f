import type { HubFacts } from '../../model/driver.ts';
import type { Registration } from '../../model/fleet.ts';
import type { Condition, Operand, Path } from '../../model/step.ts';
import type { Ref } from '../../model/readings.ts';
import { namesOf, type Refs } from './refs.ts';

const conditionPath = (type: string, field: string): Path => ['status', 'conditions', { type }, field];

/** A Kubernetes condition of an object has this status. */
export const says = (from: Ref, type: string, status: 'True' | 'False', text: string): Condition => ({
  from,
  path: conditionPath(type, 'status'),
  equals: { value: status },
  says: text,
});

/** The opposite of {@link says}, also holding while the condition is not there. */
const neverSays = (from: Ref, type: string, status: 'True' | 'False', text: string): Condition => ({
  not: says(from, type, status, text),
  says: text,
});

/** The agent's pod mounts the bootstrap secret for life, and what it says must agree with the issued kubeconfig. */
const bootstrapMatches = (facts: HubFacts, refs: Refs): readonly Condition[] => [
  {
    from: refs.bootstrap,
    path: ['facts', 'kubeconfig', 'server'],
    equals: { value: facts.server },
    says: 'the bootstrap secret to name this hub',
  },
  {
    from: refs.bootstrap,
    path: ['facts', 'kubeconfig', 'ca'],
    sameSet: facts.caFingerprints,
    says: 'the bootstrap secret to hold the CA of this hub',
  },
];

const namesHub = (from: Ref, facts: HubFacts, text: string): Condition => ({
  from,
  path: ['facts', 'kubeconfig', 'server'],
  equals: { value: facts.server },
  says: text,
});

/** Somebody may have given the agent to another hub, or to another name, since: then it is not ours to remove. */
export const agentIsOurs = (registration: Registration, facts: HubFacts, refs: Refs): Condition => ({
  all: [
    {
      any: [
        {
          from: refs.klusterlet,
          path: ['spec', 'clusterName'],
          equals: { value: namesOf(registration).cluster },
          says: 'the Klusterlet to be of this cluster name',
        },
        { ref: refs.klusterlet, is: 'absent', says: 'no Klusterlet to be there' },
      ],
    },
    {
      any: [
        namesHub(refs.bootstrap, facts, 'the bootstrap secret to name this hub'),
        {
          all: [
            { ref: refs.bootstrap, is: 'absent', says: 'no bootstrap secret to be there' },
            {
              any: [
                { ref: refs.hubCredential, is: 'absent', says: "no agent's certificate to be there" },
                namesHub(refs.hubCredential, facts, "the agent's certificate to be for this hub"),
              ],
            },
          ],
        },
      ],
    },
  ],
});

/**
 * The agent holds a certificate for this cluster on this hub, in date, and for the agent identity that the mode wants.
 * OCM's agent compares server, proxy, CA and cluster name of its two kubeconfigs; a difference makes it bootstrap again.
 */
export function credentialUsable(registration: Registration, facts: HubFacts, refs: Refs): Condition {
  const from = refs.hubCredential;
  const kubeconfig = (field: string): Path => ['facts', 'kubeconfig', field];
  const proxy: Condition =
    facts.proxyUrl === undefined
      ? { from, path: kubeconfig('proxyUrl'), exists: false, says: 'the agent to use no proxy' }
      : { from, path: kubeconfig('proxyUrl'), equals: { value: facts.proxyUrl }, says: 'the agent to use the proxy' };
  const identity: Condition[] =
    registration.mode === 'ocm-singleton'
      ? [
          {
            from,
            path: ['facts', 'agent-name'],
            equals: { from: refs.klusterlet, path: ['metadata', 'uid'] },
            says: "the agent's certificate to carry the Klusterlet's UID",
          },
        ]
      : [];
  return {
    all: [
      ...bootstrapMatches(facts, refs),
      {
        from,
        path: ['facts', 'cluster-name'],
        equals: { value: namesOf(registration).cluster },
        says: "the agent's certificate to be for this cluster name",
      },
      { from, path: ['facts', 'tls.crt', 'notAfter'], ahead: true, says: "the agent's certificate to be in date" },
      { from, path: kubeconfig('server'), equals: { value: facts.server }, says: 'the agent to talk to this hub' },
      { from, path: kubeconfig('ca'), sameSet: facts.caFingerprints, says: 'the agent to trust the CA of this hub' },
      proxy,
      ...identity,
    ],
  };
}

const lease = (refs: Refs, field: string): { from: Ref; path: Path } => ({ from: refs.lease, path: ['spec', field] });

/** The agent renewed its lease within five lease durations: the hub's own limit for Available → Unknown. */
export const leaseFresh = (refs: Refs): Condition => ({
  ...lease(refs, 'renewTime'),
  within: { leaseFactor: 5, duration: { from: refs.managedCluster, path: ['spec', 'leaseDurationSeconds'] } },
  says: 'the agent to renew its lease',
});

/**
 * The agent lives on what was written last: its lease was renewed after the last write to everything that it depends on.
 * Klusterlet conditions stay green on a dead connection, only the hub's lease tells.
 */
export const agentAlive = (refs: Refs): Condition => ({
  all: [
    leaseFresh(refs),
    {
      ...lease(refs, 'renewTime'),
      laterThan: [
        { from: refs.lease, path: ['metadata', 'creationTimestamp'] },
        { lastWriteTo: refs.bootstrap },
        { lastWriteTo: refs.klusterlet },
        { lastWriteTo: refs.agent },
      ],
      says: 'the agent to renew its lease after the last write to what it depends on',
    },
  ],
});

/**
 * Somebody took the consent back after it was given. Never accepted yet = the condition is not there; it turns False only when
 * the hub's controller gets to it, so its status says nothing.
 */
export const notDenied = (refs: Refs): Condition => ({
  not: {
    all: [
      {
        from: refs.managedCluster,
        path: conditionPath('HubAcceptedManagedCluster', 'status'),
        exists: true,
        says: 'the cluster was accepted before',
      },
      {
        not: {
          from: refs.managedCluster,
          path: ['spec', 'hubAcceptsClient'],
          equals: { value: true },
          says: 'hubAcceptsClient is true',
        },
        says: 'hubAcceptsClient is false',
      },
    ],
  },
  says: 'the consent of the hub: hubAcceptsClient was set to false after the cluster had been accepted',
});

/** What the Klusterlet on the member must say. */
export const klusterletHealthy = (refs: Refs): Condition => ({
  all: [
    {
      from: refs.klusterlet,
      path: ['status', 'observedGeneration'],
      equals: { from: refs.klusterlet, path: ['metadata', 'generation'] },
      says: 'the klusterlet operator to see the last change',
    },
    says(refs.klusterlet, 'Applied', 'True', 'Klusterlet condition Applied to be True'),
    neverSays(refs.klusterlet, 'ValidFeatureGates', 'False', 'the feature gates of the Klusterlet to be valid'),
    says(refs.klusterlet, 'Available', 'True', 'Klusterlet condition Available to be True'),
    says(refs.klusterlet, 'HubConnectionDegraded', 'False', 'Klusterlet condition HubConnectionDegraded to be False'),
    says(
      refs.klusterlet,
      'RegistrationDesiredDegraded',
      'False',
      'Klusterlet condition RegistrationDesiredDegraded to be False',
    ),
    says(refs.klusterlet, 'WorkDesiredDegraded', 'False', 'Klusterlet condition WorkDesiredDegraded to be False'),
  ],
});

/** Set once by the agent with its issued certificate; never goes back. */
export const joined = (refs: Refs): Condition =>
  says(refs.managedCluster, 'ManagedClusterJoined', 'True', 'the cluster to join');

/** What the hub must say of the cluster. */
export const hubHealthy = (refs: Refs): Condition => ({
  all: [
    says(refs.managedCluster, 'HubAcceptedManagedCluster', 'True', 'the hub to accept the cluster'),
    joined(refs),
    says(refs.managedCluster, 'ManagedClusterConditionAvailable', 'True', 'the hub to say Available'),
    neverSays(
      refs.managedCluster,
      'ManagedClusterConditionClockSynced',
      'False',
      'the clocks of hub and member to be in sync',
    ),
  ],
});

export const availableSince = (refs: Refs): Operand => ({
  from: refs.managedCluster,
  path: conditionPath('ManagedClusterConditionAvailable', 'lastTransitionTime'),
});
export const deletingMessage = conditionPath('Deleting', 'message');
