import type { HubFacts } from '../../model/driver.ts';
import type { Registration } from '../../model/fleet.ts';
import type { Condition, ConditionStep, Step } from '../../model/step.ts';
import { addOnNameLabel, api, clusterSetLabel, operatorNamespace } from './api.ts';
import {
  agentAlive,
  agentIsOurs,
  credentialUsable,
  deletingMessage,
  hubHealthy,
  joined,
  klusterletHealthy,
} from './conditions.ts';
import { klusterlet, klusterletRules } from './klusterlet.ts';
import { preconditions, worksGuards } from './preconditions.ts';
import { namesOf, refsOf } from './refs.ts';

/** What differs between the two modes whose agent runs on the member. */
export interface Flavour {
  readonly deploy: 'Default' | 'Singleton';
}

/** @returns the registration as an ordered list: what must hold, from the first check to the agent's heartbeat */
export function ocmSteps(registration: Registration, facts: HubFacts, flavour: Flavour): readonly Step[] {
  const names = namesOf(registration);
  const refs = refsOf(registration);
  const { clusterSet } = registration.options;
  const usable = credentialUsable(registration, facts, refs);
  const ours = agentIsOurs(registration, facts, refs);
  return [
    ...preconditions(registration, refs),
    {
      kind: 'object',
      id: 'identity',
      site: 'hub',
      title: 'bootstrap identity',
      fieldManager: 'rollcall.identity',
      objects: [
        {
          type: api.serviceAccount,
          ref: refs.identity,
          object: {
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            metadata: { name: names.identity, namespace: operatorNamespace },
          },
        },
        {
          type: api.clusterRoleBinding,
          ref: refs.binding,
          object: {
            apiVersion: api.clusterRoleBinding.apiVersion,
            kind: 'ClusterRoleBinding',
            metadata: { name: names.binding },
            roleRef: {
              apiGroup: 'rbac.authorization.k8s.io',
              kind: 'ClusterRole',
              name: 'open-cluster-management:bootstrap',
            },
            subjects: [{ kind: 'ServiceAccount', name: names.identity, namespace: operatorNamespace }],
          },
        },
      ],
      fieldRules: [{ path: ['roleRef'], rule: 'recreate' }],
      until: { all: [usable, joined(refs)] },
    },
    {
      kind: 'object',
      id: 'managed-cluster',
      site: 'hub',
      title: 'ManagedCluster',
      fieldManager: 'rollcall',
      objects: [{ type: api.managedCluster, ref: refs.managedCluster, object: managedCluster(registration) }],
      // The hub's webhook fills in the cluster set, and an agent that came first wrote its own defaults.
      fieldRules: [
        { path: ['metadata', 'labels', clusterSetLabel], rule: 'ours' },
        { path: ['spec'], rule: 'ours' },
      ],
      ...(clusterSet === undefined
        ? {}
        : {
            rights: [
              webhookRight('create', 'cluster.open-cluster-management.io', 'managedclustersets', 'join', clusterSet),
            ],
          }),
      removal: { first: true, guards: worksGuards(registration, refs), progress: { path: deletingMessage } },
      leaves: [
        {
          ref: refs.clusterNamespace,
          onlyIf: {
            ref: refs.clusterNamespaceContents,
            holdsOnly: ['Lease/managed-cluster-lease', 'ConfigMap/kube-root-ca.crt', 'ServiceAccount/default'],
            says: 'the cluster namespace to hold nothing but the lease',
          },
          says: 'cluster namespace, if it holds nothing but the lease',
        },
      ],
    },
    {
      kind: 'object',
      id: 'agent-namespace',
      site: 'member',
      title: "agent's namespace",
      fieldManager: 'rollcall',
      objects: [
        {
          type: api.namespace,
          ref: refs.agentNamespace,
          object: {
            apiVersion: 'v1',
            kind: 'Namespace',
            metadata: {
              name: names.agentNamespace,
              annotations: { 'workload.openshift.io/allowed': 'management' },
            },
          },
        },
      ],
      removal: { onlyIf: ours },
    },
    {
      kind: 'credential',
      id: 'bootstrap',
      site: 'member',
      title: 'bootstrap secret',
      fieldManager: 'rollcall',
      issuer: 'hub',
      serviceAccount: { namespace: operatorNamespace, name: names.identity, ref: refs.identity },
      secret: {
        namespace: names.agentNamespace,
        name: refs.bootstrap.key.name,
        key: 'kubeconfig',
        ref: refs.bootstrap,
      },
      kubeconfig: {
        server: facts.server,
        ...(facts.ca === undefined ? {} : { ca: facts.ca }),
        caFingerprints: facts.caFingerprints,
        ...(facts.proxyUrl === undefined ? {} : { proxyUrl: facts.proxyUrl }),
        ...(facts.tlsServerName === undefined ? {} : { tlsServerName: facts.tlsServerName }),
        clusterName: 'hub',
        userName: 'bootstrap',
        contextName: 'bootstrap',
      },
      expirationSeconds: 3600,
      removal: { onlyIf: ours },
      unless: usable,
      restarts: 'the agent',
      awaited: true,
    },
    {
      kind: 'object',
      id: 'klusterlet',
      site: 'member',
      title: 'Klusterlet',
      fieldManager: 'rollcall',
      objects: [
        {
          type: api.klusterlet,
          ref: refs.klusterlet,
          object: klusterlet(names, flavour.deploy, registration.options),
        },
      ],
      fieldRules: klusterletRules,
      restarts: 'the agent',
      awaited: true,
      removal: {
        guards: [
          {
            ref: refs.appliedWorks,
            noneWhere: { path: ['spec', 'agentID'], equals: { from: refs.klusterlet, path: ['metadata', 'uid'] } },
            says: 'no AppliedManifestWork of this agent to be left on the member',
          },
        ],
        onlyIf: ours,
      },
    },
    {
      kind: 'approval',
      id: 'approve',
      site: 'hub',
      title: 'approve the certificate request',
      requests: refs.requests,
      evidence: {
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['digital signature', 'key encipherment', 'client auth'],
        requester: `system:serviceaccount:${operatorNamespace}:${names.identity}`,
        requesterUid: { from: refs.identity, path: ['metadata', 'uid'] },
        organizations: [
          `system:open-cluster-management:${names.cluster}`,
          'system:open-cluster-management:managed-clusters',
        ],
        commonNamePrefix: `system:open-cluster-management:${names.cluster}:`,
        ...(flavour.deploy === 'Singleton'
          ? { commonNameSuffix: { from: refs.klusterlet, path: ['metadata', 'uid'] } }
          : {}),
        withoutLabels: [addOnNameLabel],
      },
      // facts/OCM: the registration agent stops at ten (ClientCertificateCreationHalted).
      requestLimit: 10,
      awaited: true,
      unless: usable,
      leaves: [
        {
          ref: refs.requests,
          evidence: {
            path: ['facts', 'request', 'commonName'],
            startsWith: `system:open-cluster-management:${names.cluster}:`,
          },
          says: "the cluster's certificate requests",
        },
      ],
    },
    {
      kind: 'object',
      id: 'accept',
      site: 'hub',
      title: 'accept the cluster',
      // Its own field manager: an apply under the other step's name would take the labels away again.
      fieldManager: 'rollcall.accept',
      objects: [
        {
          type: api.managedCluster,
          ref: refs.managedCluster,
          object: {
            apiVersion: api.managedCluster.apiVersion,
            kind: api.managedCluster.kind,
            metadata: { name: names.cluster },
            spec: { hubAcceptsClient: true },
          },
        },
      ],
      // An agent that came first wrote false. A person's no is what `not-denied` looks for.
      fieldRules: [{ path: ['spec', 'hubAcceptsClient'], rule: 'ours' }],
      awaited: true,
      rights: [
        webhookRight('update', 'register.open-cluster-management.io', 'managedclusters', 'accept', names.cluster),
      ],
    },
    waited('credential', 'member', "agent's certificate", usable),
    waited('klusterlet-healthy', 'member', 'Klusterlet conditions', klusterletHealthy(refs)),
    waited('available', 'hub', 'accepted, joined, Available', hubHealthy(refs)),
    waited('agent-alive', 'hub', "agent's heartbeat", agentAlive(refs)),
  ];
}

/** What the hub's admission webhooks ask for beyond the API server's own authorization. */
const webhookRight = (verb: string, group: string, resource: string, subresource: string, name: string) => ({
  verb,
  group,
  resource,
  subresource,
  name,
});

const waited = (id: string, site: 'hub' | 'member', title: string, condition: Condition): ConditionStep => ({
  kind: 'condition',
  id,
  site,
  title,
  condition,
});

function managedCluster(registration: Registration) {
  const { clusterSet, annotations, leaseDurationSeconds, clientConfigs } = registration.options;
  const spec = {
    ...(leaseDurationSeconds === undefined ? {} : { leaseDurationSeconds }),
    ...(clientConfigs === undefined
      ? {}
      : {
          managedClusterClientConfigs: clientConfigs.map(({ url, caBundle }) => ({
            url,
            ...(caBundle === undefined ? {} : { caBundle: Buffer.from(caBundle).toString('base64') }),
          })),
        }),
  };
  return {
    apiVersion: api.managedCluster.apiVersion,
    kind: api.managedCluster.kind,
    metadata: {
      name: namesOf(registration).cluster,
      labels: { ...registration.member.labels, ...(clusterSet === undefined ? {} : { [clusterSetLabel]: clusterSet }) },
      ...(annotations === undefined ? {} : { annotations }),
    },
    ...(Object.keys(spec).length > 0 ? { spec } : {}),
  };
}
