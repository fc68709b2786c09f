import { join } from 'node:path';

/** Several control planes share one etcd, each under its own prefix. Data is thrown away: nothing is synced. */
export function etcdFlags(dataFolder: string, url: string, peerPort: number): string[] {
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    `--data-dir=${dataFolder}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--quota-backend-bytes=8589934592',
    '--auto-compaction-retention=5m',
    '--log-level=warn',
  ];
}

/**
 * One authority serves for everything, which needs the allowed names; the endpoint reconciler must be off with a loopback
 * address.
 */
export function apiServerFlags(of: { folder: string; etcdUrl: string; prefix: string; port: number }): string[] {
  const file = (name: string): string => join(of.folder, name);
  return [
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${of.port}`,
    `--etcd-servers=${of.etcdUrl}`,
    `--etcd-prefix=/${of.prefix}`,
    `--cert-dir=${of.folder}`,
    `--tls-cert-file=${file('serving.crt')}`,
    `--tls-private-key-file=${file('serving.key')}`,
    `--client-ca-file=${file('ca.crt')}`,
    `--requestheader-client-ca-file=${file('ca.crt')}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('sa.pub')}`,
    `--service-account-signing-key-file=${file('sa.key')}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--endpoint-reconciler-type=none',
    '--authorization-mode=RBAC',
    '--disable-admission-plugins=ServiceAccount',
    '--allow-privileged=true',
  ];
}

/** The controllers without which namespaces never end, no ServiceAccount appears and no CSR is signed. */
const controllers = [
  'namespace-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'certificatesigningrequest-signing-controller',
  'certificatesigningrequest-approving-controller',
  'certificatesigningrequest-cleaner-controller',
  'garbage-collector-controller',
  'clusterrole-aggregation-controller',
];

export function controllerManagerFlags(folder: string): string[] {
  const file = (name: string): string => join(folder, name);
  return [
    `--kubeconfig=${file('kubeconfig')}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--use-service-account-credentials=false',
    `--cluster-signing-cert-file=${file('ca.crt')}`,
    `--cluster-signing-key-file=${file('ca.key')}`,
    `--root-ca-file=${file('ca.crt')}`,
    `--service-account-private-key-file=${file('sa.key')}`,
    `--controllers=${controllers.join(',')}`,
  ];
}
