import { type Client, unless } from './client.ts';
import { type Deployment, kinds, type Klusterlet, names } from './kinds.ts';
import { agentNamespaceOf, staticObjects } from './operator-objects.ts';

export const removeDeployment = (client: Client, metadata: Deployment['metadata']): Promise<boolean> =>
  client.remove({
    type: kinds.deployment,
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  });

const without =
  (finalizer: string) =>
  ({ metadata }: { metadata: { finalizers?: readonly string[] } }) => ({
    metadata: { finalizers: (metadata.finalizers ?? []).filter((name) => name !== finalizer) },
  });

/** The agents' namespace goes; the one for add-ons is shared and goes with the last. */
const removeNamespaces = async (client: Client, namespace: string): Promise<void> => {
  await client.remove({ type: kinds.namespace, name: namespace });
  const { items } = await client.list({ type: kinds.namespace, labelSelector: names.agentNamespaceLabel });
  if (items.every(({ metadata }) => metadata.name === namespace))
    await client.remove({ type: kinds.namespace, name: names.addOnNamespace });
};

/**
 * The operator's way to take a Klusterlet down (facts/ocm 5.2). What works brought to the member stays there: only the finalizer on its
 * AppliedManifestWorks goes, so that nobody can clean it up any more.
 */
export const removeKlusterlet = async (
  client: Client,
  klusterlet: Klusterlet,
  deployments: readonly Deployment[],
): Promise<void> => {
  const { name, uid } = klusterlet.metadata;
  const namespace = agentNamespaceOf(klusterlet);
  for (const { metadata } of deployments)
    if (metadata.labels?.[names.createdByLabel] === name) await removeDeployment(client, metadata);
  const works = await unless(404, client.list({ type: kinds.appliedWork }));
  for (const { metadata, spec } of works?.items ?? [])
    if (spec?.agentID === uid)
      await client.edit({ type: kinds.appliedWork, name: metadata.name }, without(names.appliedWorkCleanup));
  for (const { type, object } of staticObjects(klusterlet))
    await client.remove({ type, name: object.metadata.name ?? '', ...(type.namespaced ? { namespace } : {}) });
  await client.remove({ type: kinds.secret, namespace, name: names.hubSecret });
  await removeNamespaces(client, namespace);
  await client.edit({ type: kinds.klusterlet, name }, without(names.klusterletCleanup));
};
