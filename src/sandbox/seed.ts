import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject, RawCluster, RawResponse } from '../model/cluster.ts';
import { hubDefinitions } from './crds/hub.ts';
import { memberDefinitions } from './crds/member.ts';
import { type HubAddress, hubObjects } from './seed-hub.ts';
import { memberObjects } from './seed-member.ts';

/** An object, and the status that its controller would have written. */
export interface Seed {
  readonly object: KubeObject;
  /** Path of its collection, as in `/apis/apps/v1/namespaces/x/deployments`. */
  readonly collection: string;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** Who wrote the seeds, as managedFields tell it: on real clusters they come from Helm charts. */
const fieldManager = 'helm';
/** How long a definition may take until its kind is served: at most 5 s in all, looked at often at first. */
const pauses: readonly number[] = [1, 2, 5, 10, 20, ...Array<number>(98).fill(50)];

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/**
 * Makes a bare cluster an OCM hub as `clusteradm init` leaves it, but for the programs: kinds, namespaces, roles, cluster sets,
 * ClusterManager, `kube-public/cluster-info`. What is there already stays as it is. Works on the sandbox and on real API servers.
 * @param address how members reach this hub; goes into cluster-info
 * @throws Error naming the object that the server refused
 */
export async function seedHub(raw: RawCluster, address: HubAddress): Promise<void> {
  await seed(raw, hubDefinitions, hubObjects(address));
}

/**
 * Makes a bare cluster a member with the klusterlet operator on it, as the Helm chart leaves it without a Klusterlet: kinds,
 * namespace, role, ServiceAccount, and the operator's Deployment, which says that it is available.
 * @throws Error naming the object that the server refused
 */
export async function seedMember(raw: RawCluster): Promise<void> {
  await seed(raw, memberDefinitions, memberObjects);
}

async function seed(raw: RawCluster, kinds: readonly KubeObject[], seeds: readonly Seed[]): Promise<void> {
  await Promise.all(kinds.map((object) => create(raw, { object, collection: definitions })));
  await Promise.all(kinds.map((object) => established(raw, object.metadata.name)));
  for (const one of seeds) await create(raw, one);
}

async function create(raw: RawCluster, { object, collection, status }: Seed): Promise<void> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const request = {
    method: 'POST',
    path: `${collection}?fieldManager=${fieldManager}`,
    headers,
    body: JSON.stringify(object),
  } as const;
  let response = await raw.send(request);
  // A kind may be established a moment before its path answers.
  for (const pause of pauses) {
    if (response.status !== 404) break;
    await delay(pause);
    response = await raw.send(request);
  }
  if (response.status === 409) return;
  expectSuccess(response, object);
  if (!status) return;
  const path = `${collection}/${object.metadata.name}/status?fieldManager=${fieldManager}`;
  const patched = await raw.send({
    method: 'PATCH',
    path,
    headers: { ...headers, 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ status }),
  });
  expectSuccess(patched, object);
}

function expectSuccess({ status, body }: RawResponse, { kind, metadata }: KubeObject): void {
  if (status >= 300) throw new Error(`seeding ${kind}/${metadata.name}: status ${status}: ${body}`);
}

interface DefinitionStatus {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function established(raw: RawCluster, name: string): Promise<void> {
  for (const pause of pauses) {
    const { status, body } = await raw.send({ method: 'GET', path: `${definitions}/${name}` });
    const conditions = status === 200 ? (JSON.parse(body) as DefinitionStatus).status?.conditions : undefined;
    if (conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True')) return;
    await delay(pause);
  }
  throw new Error(`seeding CustomResourceDefinition/${name}: it was not established in time`);
}
