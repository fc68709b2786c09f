import { type Registration, nameOnHub } from '../../model/fleet.ts';
import type { Ref } from '../../model/readings.ts';
import { api, clusterNameLabel, operatorNamespace } from './api.ts';

/** The names of everything one registration consists of. */
export function namesOf(registration: Registration) {
  const cluster = nameOnHub(registration);
  const klusterlet = registration.options.klusterletName ?? 'klusterlet';
  return {
    cluster,
    klusterlet,
    agentNamespace: registration.options.klusterletNamespace ?? 'open-cluster-management-agent',
    // Matches the prefix that `clusteradm accept` tests, so that a person can still accept by hand.
    identity: `agent-registration-bootstrap-${cluster}`,
    binding: `open-cluster-management:bootstrap:agent-registration:${cluster}`,
    agentDeployment: registration.mode === 'ocm-singleton' ? `${klusterlet}-agent` : `${klusterlet}-registration-agent`,
  };
}

/** What is read of one registration. Hub refs name the one list per kind that answers them for the whole fleet. */
export function refsOf(registration: Registration) {
  const names = namesOf(registration);
  const labelled = { type: api.signingRequest, labelSelector: clusterNameLabel };
  return {
    managedCluster: {
      site: 'hub',
      read: 'object',
      key: { type: api.managedCluster, name: names.cluster },
      bulk: { type: api.managedCluster },
    },
    clusterSet: {
      site: 'hub',
      read: 'object',
      key: { type: api.managedClusterSet, name: registration.options.clusterSet ?? 'default' },
      bulk: { type: api.managedClusterSet },
    },
    clusterNamespace: {
      site: 'hub',
      read: 'object',
      key: { type: api.namespace, name: names.cluster },
      bulk: { type: api.namespace, metadataOnly: true },
    },
    lease: {
      site: 'hub',
      read: 'object',
      key: { type: api.lease, namespace: names.cluster, name: 'managed-cluster-lease' },
      bulk: { type: api.lease, fieldSelector: 'metadata.name=managed-cluster-lease' },
    },
    requests: {
      site: 'hub',
      read: 'list',
      key: { type: api.signingRequest, labelSelector: `${clusterNameLabel}=${names.cluster}` },
      bulk: labelled,
    },
    identity: {
      site: 'hub',
      read: 'object',
      key: { type: api.serviceAccount, namespace: operatorNamespace, name: names.identity },
      bulk: { type: api.serviceAccount, namespace: operatorNamespace },
    },
    binding: {
      site: 'hub',
      read: 'object',
      key: { type: api.clusterRoleBinding, name: names.binding },
      bulk: { type: api.clusterRoleBinding },
    },
    works: {
      site: 'hub',
      read: 'list',
      key: { type: api.manifestWork, namespace: names.cluster, metadataOnly: true },
      bulk: { type: api.manifestWork, metadataOnly: true },
    },
    addOns: {
      site: 'hub',
      read: 'list',
      key: { type: api.addOn, namespace: names.cluster, metadataOnly: true },
      bulk: { type: api.addOn, metadataOnly: true },
    },
    clusterNamespaceContents: { site: 'hub', read: 'contents', namespace: names.cluster },
    servedByHub: {
      site: 'hub',
      read: 'served',
      groupVersion: api.managedCluster.apiVersion,
      kind: api.managedCluster.kind,
    },

    servedByMember: {
      site: 'member',
      read: 'served',
      groupVersion: api.klusterlet.apiVersion,
      kind: api.klusterlet.kind,
    },
    operator: {
      site: 'member',
      read: 'object',
      key: { type: api.deployment, namespace: operatorNamespace, name: 'klusterlet' },
    },
    agentNamespace: { site: 'member', read: 'object', key: { type: api.namespace, name: names.agentNamespace } },
    bootstrap: {
      site: 'member',
      read: 'object',
      key: { type: api.secret, namespace: names.agentNamespace, name: 'bootstrap-hub-kubeconfig' },
      facts: { kubeconfig: 'kubeconfig' },
    },
    hubCredential: {
      site: 'member',
      read: 'object',
      key: { type: api.secret, namespace: names.agentNamespace, name: 'hub-kubeconfig-secret' },
      facts: { kubeconfig: 'kubeconfig', 'tls.crt': 'certificate', 'cluster-name': 'text', 'agent-name': 'text' },
    },
    klusterlet: { site: 'member', read: 'object', key: { type: api.klusterlet, name: names.klusterlet } },
    agent: {
      site: 'member',
      read: 'object',
      key: { type: api.deployment, namespace: names.agentNamespace, name: names.agentDeployment },
    },
    appliedWorks: { site: 'member', read: 'list', key: { type: api.appliedManifestWork } },
  } as const satisfies Record<string, Ref>;
}

export type Refs = ReturnType<typeof refsOf>;
