import type { Cluster } from '../model/cluster.ts';
import type { SiteName } from '../model/readings.ts';

const nameOf = (kind: string, namespace: string | undefined, name: string): string =>
  `${kind}/${namespace === undefined ? '' : `${namespace}/`}${name}`;

/**
 * @param written gets the name of every object right after the cluster took a write to it, as in `hub ManagedCluster/edge-1`,
 * with ` removed` behind it for a deletion; each name once
 * @returns the same cluster
 */
export function recorded(cluster: Cluster, site: SiteName, written: string[]): Cluster {
  const note = (name: string): void => {
    const entry = `${site} ${name}`;
    if (!written.includes(entry)) written.push(entry);
  };
  return {
    get: (key, facts) => cluster.get(key, facts),
    list: (key, facts) => cluster.list(key, facts),
    served: (groupVersion) => cluster.served(groupVersion),
    namespacedTypes: () => cluster.namespacedTypes(),
    may: (question) => cluster.may(question),
    watch: (key, options) => cluster.watch(key, options),
    token: (account, options) => cluster.token(account, options),
    close: () => cluster.close(),
    endpoint: cluster.endpoint,
    get usage() {
      return cluster.usage;
    },
    async apply(type, object, options) {
      const result = await cluster.apply(type, object, options);
      note(nameOf(type.kind, object.metadata.namespace, object.metadata.name));
      return result;
    },
    async merge(key, patch, options) {
      const result = await cluster.merge(key, patch, options);
      note(nameOf(key.type.kind, key.namespace, key.name));
      return result;
    },
    async remove(key, options) {
      await cluster.remove(key, options);
      note(`${nameOf(key.type.kind, key.namespace, key.name)} removed`);
    },
    async approve(name, options) {
      await cluster.approve(name, options);
      note(nameOf('CertificateSigningRequest', undefined, name));
    },
    async applySecret(secret, options) {
      await cluster.applySecret(secret, options);
      note(nameOf('Secret', secret.namespace, secret.name));
    },
  };
}
