import type { ClusterEndpoint } from '../model/cluster.ts';
import type { HubFacts } from '../model/driver.ts';
import type { Endpoint, Hub, Registration } from '../model/fleet.ts';
import type { Readings, Ref } from '../model/readings.ts';
import { valueAt } from './path.ts';
import { configMapType } from './record.ts';

/** Where kubeadm and kind say how a cluster is reached from inside its network. */
const clusterInfoRef = {
  site: 'hub',
  read: 'object',
  key: { type: configMapType, namespace: 'kube-public', name: 'cluster-info' },
  facts: { kubeconfig: 'kubeconfig' },
} as const satisfies Ref;

/** @returns the ref that must be read for a hub's endpoint, if any */
export const refsOfEndpoint = (hub: Hub, registrations: readonly Registration[]): readonly Ref[] =>
  [hub.endpoint, ...registrations.map(({ hubEndpoint }) => hubEndpoint)].some(
    (endpoint) => endpoint?.lookup !== undefined,
  )
    ? [clusterInfoRef]
    : [];

/**
 * How the members of a registration reach its hub: the registration's own endpoint, the hub's, or the hub's access.
 * A declared server without a CA is verified by the CA of the access: it is the same cluster by another address.
 * @returns the facts, or why they cannot be had
 */
export function endpointOf(
  registration: Registration,
  access: ClusterEndpoint,
  live: Readings,
  fingerprints: (pem: string) => readonly string[],
): HubFacts | { readonly problem: string; readonly next?: string } {
  const declared: Endpoint = { ...registration.hub.endpoint, ...registration.hubEndpoint };
  const looked = declared.lookup === undefined ? undefined : clusterInfo(live);
  if (looked !== undefined && 'problem' in looked) return looked;
  const server = declared.server ?? looked?.server ?? access.server;
  const ca = declared.ca ?? looked?.ca ?? access.ca;
  const tlsServerName = declared.tlsServerName ?? (server === access.server ? access.tlsServerName : undefined);
  return {
    server,
    caFingerprints: ca === undefined ? [] : fingerprints(ca),
    ...(ca === undefined ? {} : { ca }),
    ...(declared.proxyUrl === undefined ? {} : { proxyUrl: declared.proxyUrl }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
  };
}

function clusterInfo(live: Readings): { server: string; ca?: string } | { problem: string; next?: string } {
  const reading = live.get(clusterInfoRef);
  const next = 'write endpoint.server and caFile instead of lookup: cluster-info';
  if (reading.is === 'unreadable') return { problem: reading.reason };
  if (reading.is !== 'found') return { problem: 'ConfigMap kube-public/cluster-info is not on the hub', next };
  const server = valueAt(reading.object, ['facts', 'kubeconfig', 'server']);
  const ca = valueAt(reading.object, ['facts', 'kubeconfig', 'caPem']);
  if (typeof server !== 'string' || server === '') {
    return { problem: 'ConfigMap kube-public/cluster-info names no server', next };
  }
  return { server, ...(typeof ca === 'string' ? { ca } : {}) };
}
