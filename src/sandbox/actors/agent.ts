import { bootstrap, type Credential, type Identity, requestCertificate } from './bootstrap.ts';
import { startCache } from './cache.ts';
import { validityFor } from './certificates.ts';
import { type Client, clientOf, unless } from './client.ts';
import { conditionOf, microTime, timestamp, withConditions } from './conditions.ts';
import { type Condition, kinds, type ManagedCluster, names } from './kinds.ts';
import { addressIn, decoded, type HubAddress, kubeconfigFor, sameAddress, withEmbeddedKey } from './kubeconfig.ts';
import { aborted, pause, startLoop } from './loop.ts';
import { flag, type Process } from './programs.ts';

/** From this share of its life on, a certificate is renewed. */
const renewalShare = 0.78;
/** With less than this, in seconds, the agent refuses to start. */
const shortestLife = 3_600;
/** Between getting a certificate and working with it, in milliseconds: the real agent starts over its controllers. */
const startDelay = 1_500;

const letters = 'bcdfghjklmnpqrstvwxz2456789';

const joined: Condition = {
  type: 'ManagedClusterJoined',
  status: 'True',
  reason: 'ManagedClusterJoined',
  message: 'Managed cluster joined',
};
const available: Condition = {
  type: 'ManagedClusterConditionAvailable',
  status: 'True',
  reason: 'ManagedClusterAvailable',
  message: 'Managed cluster is available',
};

/**
 * The registration agent of one Klusterlet (facts/ocm 1.7): gets a certificate from the hub if what it has is not good enough, then
 * reports and renews its lease. Exits on any change of the bootstrap secret, and when its certificate is over.
 */
export const runRegistrationAgent = async (outer: Process): Promise<void> => {
  const { member, namespace } = outer;
  const exit = new AbortController();
  const end = (): void => exit.abort();
  const process = { ...outer, signal: AbortSignal.any([outer.signal, exit.signal]) };
  const mounted = member.secrets.get(names.bootstrapSecret, namespace);
  const content = JSON.stringify(mounted?.data);
  const unsubscribe = member.secrets.subscribe(({ metadata }) => {
    if (metadata.name !== names.bootstrapSecret || metadata.namespace !== namespace) return;
    if (JSON.stringify(member.secrets.get(names.bootstrapSecret, namespace)?.data) !== content) end();
  });
  try {
    const kubeconfig = decoded(mounted?.data)['kubeconfig'] ?? '';
    const address = addressIn(kubeconfig, process.readYaml);
    if (address === undefined) throw new Error('the bootstrap kubeconfig leads nowhere');
    const seconds = Number(flag(process.args, 'client-cert-expiration-seconds') ?? shortestLife);
    if (seconds < shortestLife) throw new Error('client certificate expiration seconds must be at least 3600');
    await work(process, kubeconfig, address, end);
  } finally {
    unsubscribe();
    end();
  }
};

const work = async (process: Process, kubeconfig: string, address: HubAddress, end: () => void): Promise<void> => {
  const { clock, files, speed, signal } = process;
  const stored = decoded(process.member.secrets.get(names.hubSecret, process.namespace)?.data);
  for (const [name, value] of Object.entries(stored)) files.set(name, value);
  const identity = identityOf(process);
  const had = addressIn(files.get('kubeconfig'), process.readYaml);
  const validity = validityFor(files.get('tls.crt') ?? '', identity.clusterName, identity.agentId);
  const usable =
    had !== undefined && sameAddress(had, address) && validity !== undefined && validity.until > clock.now();
  if (!usable) {
    const credential = await bootstrap(kubeconfig, identity, process);
    if (credential === undefined) return;
    await store(process, identity, address, credential);
    await pause(clock, startDelay / speed, signal);
  }
  if (signal.aborted) return;
  const raw = await process.dial(withEmbeddedKey(Object.fromEntries(files), address));
  try {
    await serve(process, clientOf(raw, 'registration'), identity, address, end);
  } finally {
    await raw.close();
  }
};

/** With no id given (Default), it is what the stored credential is for, or five random letters of this process start. */
const identityOf = ({ args, files, random }: Process): Identity => {
  const invented = Array.from({ length: 5 }, () => letters[Math.floor(random() * letters.length)]).join('');
  return {
    clusterName: flag(args, 'spoke-cluster-name') ?? '',
    agentId: flag(args, 'agent-id') ?? files.get('agent-name') ?? invented,
    args,
  };
};

/** Writes `hub-kubeconfig-secret`: its kubeconfig refers to the key files beside it. */
const store = async (
  { member, namespace, files }: Process,
  identity: Identity,
  address: HubAddress,
  credential: Credential,
): Promise<void> => {
  const data = {
    kubeconfig: kubeconfigFor(address, { 'client-certificate': 'tls.crt', 'client-key': 'tls.key' }),
    'tls.crt': credential.certificate,
    'tls.key': credential.key,
    'cluster-name': identity.clusterName,
    'agent-name': identity.agentId,
  };
  for (const [name, value] of Object.entries(data)) files.set(name, value);
  const encoded = Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  );
  const client = member.client('registration');
  const metadata = { name: names.hubSecret, namespace };
  const created = await client.ensure(kinds.secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'Opaque',
    data: encoded,
  });
  if (!created) await client.merge({ type: kinds.secret, ...metadata }, { data: encoded });
};

/** What the agent does as the identity of its certificate, until the process ends. */
const serve = async (
  process: Process,
  hub: Client,
  identity: Identity,
  address: HubAddress,
  end: () => void,
): Promise<void> => {
  const { clock, random, speed, signal, member, files } = process;
  const { clusterName: name, agentId } = identity;
  const log = (key: string, error: unknown): void => process.log(`${member.name} registration ${key}`, error);
  const { gitVersion } = await readVersion(member.client('registration'));
  const clusters = startCache(hub, { type: kinds.managedCluster, fieldSelector: `metadata.name=${name}` }, clock);

  const report = async (cluster: ManagedCluster): Promise<void> => {
    // The hub contradicts whoever calls itself available over a lease that has run out: the two would go on for ever.
    if (conditionOf(cluster.status?.conditions, available.type)?.status !== 'True') await renewLease();
    await hub.edit(
      { type: kinds.managedCluster, name },
      ({ status }) => {
        const at = timestamp(clock.now());
        const conditions = withConditions(status?.conditions, [joined, available], at);
        const told = status?.version?.kubernetes === gitVersion;
        if (conditions === undefined && told) return undefined;
        return {
          status: { ...(conditions && { conditions }), ...(told ? {} : { version: { kubernetes: gitVersion } }) },
        };
      },
      { subresource: 'status', known: cluster },
    );
  };
  const renewLease = async (): Promise<number | undefined> => {
    const cluster = clusters.get(name);
    if (cluster?.spec?.hubAcceptsClient !== true) return undefined;
    const key = { type: kinds.lease, namespace: name, name: names.lease };
    const lease = await hub.get(key);
    if (lease === undefined) throw new Error('no lease yet');
    const renewTime = microTime(clock.now());
    await unless(409, hub.update(kinds.lease, { ...lease, spec: { ...lease.spec, renewTime } }));
    return ((cluster.spec.leaseDurationSeconds || 60) * 1_000 * (1 + random() / 4)) / speed;
  };
  const rotate = async (): Promise<number | undefined> => {
    const validity = validityFor(files.get('tls.crt') ?? '', name, agentId);
    if (validity === undefined || validity.until <= clock.now()) {
      end();
      return undefined;
    }
    const due = validity.from + (validity.until - validity.from) * renewalShare;
    if (due > clock.now()) return due - clock.now();
    const credential = await requestCertificate(hub, identity, process);
    if (credential === undefined) throw new Error('the certificate was not renewed');
    await store(process, identity, address, credential);
    end();
    return undefined;
  };

  const loops = {
    status: startLoop({
      clock,
      onError: log,
      async reconcile() {
        const cluster = clusters.get(name);
        if (cluster?.spec?.hubAcceptsClient === true && cluster.metadata.deletionTimestamp === undefined)
          await report(cluster);
        return undefined;
      },
    }),
    lease: startLoop({ clock, onError: log, reconcile: renewLease }),
    certificate: startLoop({ clock, onError: log, reconcile: rotate }),
  };
  let basis = '';
  clusters.subscribe(({ spec }) => {
    loops.status.wake('status');
    const next = JSON.stringify([spec?.hubAcceptsClient, spec?.leaseDurationSeconds]);
    if (next !== basis) loops.lease.wake('lease');
    basis = next;
  });
  loops.certificate.wake('certificate');
  await aborted(signal);
  await Promise.all([clusters.stop(), ...Object.values(loops).map((loop) => loop.stop())]);
};

const readVersion = async (client: Client): Promise<{ readonly gitVersion: string }> => {
  const { body } = await client.raw.send({ method: 'GET', path: '/version' });
  return JSON.parse(body) as { gitVersion: string };
};
