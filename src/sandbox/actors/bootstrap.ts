import type { RawCluster } from '../../model/cluster.ts';
import { startCache } from './cache.ts';
import { requestFor } from './certificates.ts';
import { ApiError, type Client, clientOf } from './client.ts';
import { conditionOf } from './conditions.ts';
import { kinds, names } from './kinds.ts';
import { backoff, pause } from './loop.ts';
import { flag, type Process } from './programs.ts';

/** From this many requests on, the agent makes no more (facts/ocm 1.7). */
const requestLimit = 10;

/** Who an agent is, and how long its certificate shall last. */
export interface Identity {
  readonly clusterName: string;
  readonly agentId: string;
  readonly args: readonly string[];
}

/** What the agent got: PEM texts. */
export interface Credential {
  readonly certificate: string;
  readonly key: string;
}

/** What the flags of the registration agent say about the ManagedCluster; used at creation only (facts/ocm 1.5, 1.7). */
const createManagedCluster = async (hub: Client, { clusterName, args }: Identity): Promise<void> => {
  if ((await hub.get({ type: kinds.managedCluster, name: clusterName })) !== undefined) return;
  const pairs = (flag(args, 'cluster-annotations') ?? '').split(',').map((pair) => pair.split('='));
  const annotations = Object.fromEntries(
    pairs.filter(([key = '']) => key.startsWith('agent.open-cluster-management.io')),
  );
  const url = flag(args, 'spoke-external-server-urls');
  await hub.ensure(kinds.managedCluster, {
    apiVersion: kinds.managedCluster.apiVersion,
    kind: 'ManagedCluster',
    metadata: { name: clusterName, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: {
      hubAcceptsClient: false,
      leaseDurationSeconds: 60,
      ...(url === undefined ? {} : { managedClusterClientConfigs: [{ url }] }),
    },
  });
};

/** Waits for the end of a request's life: a certificate, a denial, or its deletion. */
const awaitCertificate = async (hub: Client, name: string, process: Process): Promise<string | undefined> => {
  const cache = startCache(hub, { type: kinds.csr, fieldSelector: `metadata.name=${name}` }, process.clock);
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const look = (): void => {
    const request = cache.get(name);
    const denied =
      conditionOf(request?.status?.conditions, 'Denied') ?? conditionOf(request?.status?.conditions, 'Failed');
    if (request === undefined || denied !== undefined) resolve(undefined);
    else if (request.status?.certificate !== undefined) resolve(request.status.certificate);
  };
  cache.subscribe(look);
  void cache.ready.then(look);
  const stop = (): void => resolve(undefined);
  process.signal.addEventListener('abort', stop, { once: true });
  // It may have ended while the request was being made.
  if (process.signal.aborted) stop();
  try {
    const certificate = await promise;
    return certificate && Buffer.from(certificate, 'base64').toString();
  } finally {
    process.signal.removeEventListener('abort', stop);
    await cache.stop();
  }
};

/**
 * Makes a new key and a request for it, and waits until somebody approved it.
 * @returns undefined when the request came to nothing
 * @throws ApiError when there are too many requests already, or none can be made
 */
export const requestCertificate = async (
  hub: Client,
  identity: Identity,
  process: Process,
): Promise<Credential | undefined> => {
  const { clusterName, agentId, args } = identity;
  const label = `${names.clusterLabel}=${clusterName},!${names.addOnLabel}`;
  const { items } = await hub.list({ type: kinds.csr, labelSelector: label });
  if (items.length >= requestLimit) throw new ApiError(429, 'ClientCertificateCreationHalted', 'too many csr created');
  const { key, request } = await requestFor(clusterName, agentId);
  const seconds = flag(args, 'client-cert-expiration-seconds');
  const made = await hub.create(kinds.csr, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { generateName: `${clusterName}-`, labels: { [names.clusterLabel]: clusterName } },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: names.signer,
      usages: ['digital signature', 'key encipherment', 'client auth'],
      ...(seconds === undefined ? {} : { expirationSeconds: Number(seconds) }),
    },
  });
  const certificate = await awaitCertificate(hub, made.metadata.name, process);
  return certificate === undefined ? undefined : { certificate, key };
};

/**
 * Goes on until there is a certificate or the process ends. Key and request live in this call only: a restart makes another request.
 * With a dead bootstrap token nothing ever appears on the hub, and nobody is told.
 * @returns undefined when the process ended first
 */
export const bootstrap = async (
  kubeconfig: string,
  identity: Identity,
  process: Process,
): Promise<Credential | undefined> => {
  for (let failures = 0; !process.signal.aborted; failures += 1) {
    let raw: RawCluster | undefined;
    try {
      raw = await process.dial(kubeconfig);
      const hub = clientOf(raw, 'registration');
      await createManagedCluster(hub, identity);
      const credential = await requestCertificate(hub, identity, process);
      if (credential !== undefined) return credential;
    } catch (error) {
      process.log(`${process.member.name} registration`, error);
    } finally {
      await raw?.close();
    }
    await pause(process.clock, backoff(failures), process.signal);
  }
  return undefined;
};
