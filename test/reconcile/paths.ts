/** Where the tests look for what OCM and Rollcall keep. */
export const managedCluster = (name: string): string =>
  `/apis/cluster.open-cluster-management.io/v1/managedclusters/${name}`;
export const klusterlet = (name = 'klusterlet'): string =>
  `/apis/operator.open-cluster-management.io/v1/klusterlets/${name}`;
export const record = (name: string): string => `/api/v1/namespaces/rollcall/configmaps/${name}`;
export const secret = (name: string, namespace = 'open-cluster-management-agent'): string =>
  `/api/v1/namespaces/${namespace}/secrets/${name}`;
export const works = (cluster: string): string =>
  `/apis/work.open-cluster-management.io/v1/namespaces/${cluster}/manifestworks`;
export const lease = (cluster: string): string =>
  `/apis/coordination.k8s.io/v1/namespaces/${cluster}/leases/managed-cluster-lease`;
export const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** A work that brings one ConfigMap. */
export const work = (cluster: string, name: string, finalizers: readonly string[] = []) => ({
  apiVersion: 'work.open-cluster-management.io/v1',
  kind: 'ManifestWork',
  metadata: { name, namespace: cluster, finalizers },
  spec: {
    workload: {
      manifests: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `of-${name}`, namespace: 'default' },
          data: { a: 'b' },
        },
      ],
    },
  },
});
