import { createHash } from 'node:crypto';
import type { ResourceType } from '../../model/cluster.ts';
import { memberDefinitions } from '../crds/member.ts';
import type { Draft } from './client.ts';
import { kinds, type Klusterlet, names } from './kinds.ts';

/** What the operator makes for one Klusterlet (facts/ocm 1.6). Rights are shortened: nothing in the sandbox uses them. */

export interface Made {
  readonly type: ResourceType;
  readonly object: Draft;
}

/** @returns the namespace of the agents */
export const agentNamespaceOf = (klusterlet: Klusterlet): string =>
  klusterlet.spec?.namespace ?? 'open-cluster-management-agent';

/** @returns whether one Deployment does the work of both; any unknown mode is taken for Default */
const isSingleton = (klusterlet: Klusterlet): boolean => klusterlet.spec?.deployOption?.mode === 'Singleton';

const rbac = 'rbac.authorization.k8s.io';

/** The definitions the operator brings along; they stay when the Klusterlet goes. */
export const definitions = memberDefinitions.filter(({ metadata }) => !metadata.name.startsWith('klusterlets.'));

/** Namespaces, ServiceAccounts, cluster roles and bindings, in the order of their making. */
export const staticObjects = (klusterlet: Klusterlet): readonly Made[] => {
  const k = klusterlet.metadata.name;
  const namespace = agentNamespaceOf(klusterlet);
  const labels = { [names.createdByLabel]: k };
  const roles = [
    `${k}-registration:agent`,
    `${k}-registration:addon-management`,
    `${k}-work:agent`,
    `${k}-work:execution`,
  ];
  const bindings = [
    { name: `${k}-registration:agent`, account: `${k}-registration-sa` },
    { name: `${k}-registration:addon-management`, account: `${k}-registration-sa` },
    { name: `${k}-work:agent`, account: `${k}-work-sa` },
    { name: `${k}-work:execution-admin`, account: `${k}-work-sa`, role: 'admin' },
  ];
  const accounts = isSingleton(klusterlet) ? [`${k}-work-sa`] : [`${k}-registration-sa`, `${k}-work-sa`];
  const full = (name: string): string => `open-cluster-management:${name}`;
  return [
    ...accounts.map((name) => ({
      type: kinds.serviceAccount,
      object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
    })),
    ...roles.map((name) => ({
      type: kinds.clusterRole,
      object: {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRole',
        metadata: { name: full(name), labels },
        rules: [{ apiGroups: ['work.open-cluster-management.io'], resources: ['appliedmanifestworks'], verbs: ['*'] }],
      },
    })),
    ...bindings.map(({ name, account, role }) => ({
      type: kinds.clusterRoleBinding,
      object: {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name: full(name), labels },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role ?? full(name) },
        subjects: [{ kind: 'ServiceAccount', name: isSingleton(klusterlet) ? `${k}-work-sa` : account, namespace }],
      },
    })),
  ];
};

const registrationFlags = ({ spec }: Klusterlet): readonly string[] => {
  const registration = spec?.registrationConfiguration;
  const urls = (spec?.externalServerURLs ?? []).map(({ url }) => url).filter((url) => url !== '');
  const annotations = Object.entries(registration?.clusterAnnotations ?? {}).map(([key, value]) => `${key}=${value}`);
  const seconds = registration?.clientCertExpirationSeconds;
  return [
    `--spoke-cluster-name=${spec?.clusterName ?? ''}`,
    `--bootstrap-kubeconfig=/spoke/bootstrap/kubeconfig`,
    ...(urls.length === 0 ? [] : [`--spoke-external-server-urls=${urls.join(',')}`]),
    ...(annotations.length === 0 ? [] : [`--cluster-annotations=${annotations.join(',')}`]),
    ...(seconds === undefined || seconds === 0 ? [] : [`--client-cert-expiration-seconds=${seconds}`]),
  ];
};

const deployment = (
  klusterlet: Klusterlet,
  options: {
    name: string;
    app: string;
    replicas: number;
    account: string;
    image: string | undefined;
    args: readonly string[];
    mounts: readonly string[];
  },
): Draft => {
  const { spec, metadata } = klusterlet;
  const labels = { app: options.app, [names.createdByLabel]: metadata.name };
  const { registrationConfiguration: registration, workConfiguration: work } = spec ?? {};
  const container = {
    name: options.name,
    image: options.image ?? 'open-cluster-management/registration-operator:latest',
    args: options.args,
    // The rest of both configurations becomes flags too; one variable stands for them, so that a change restarts the agent.
    env: [{ name: 'CONFIGURATION', value: JSON.stringify({ registration, work }) }],
    ...(spec?.resourceRequirement === undefined
      ? {}
      : { resources: spec.resourceRequirement['resourceRequirements'] ?? {} }),
  };
  const pod = {
    serviceAccountName: options.account,
    containers: [container],
    volumes: options.mounts.map((secretName) => ({ name: secretName, secret: { secretName } })),
    ...(spec?.hubApiServerHostAlias === undefined
      ? {}
      : { hostAliases: [{ ip: spec.hubApiServerHostAlias.ip, hostnames: [spec.hubApiServerHostAlias.hostname] }] }),
    ...spec?.nodePlacement,
    ...(spec?.priorityClassName === undefined ? {} : { priorityClassName: spec.priorityClassName }),
  };
  const wanted = {
    replicas: options.replicas,
    selector: { matchLabels: { app: options.app } },
    template: { metadata: { labels }, spec: pod },
  };
  const annotations = { [specHash]: createHash('sha256').update(JSON.stringify(wanted)).digest('hex') };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: options.name, namespace: agentNamespaceOf(klusterlet), labels, annotations },
    spec: wanted,
  };
};

/** Where the operator remembers what it last wanted of a Deployment: it writes only when that changes. */
export const specHash = 'operator.openshift.io/spec-hash';

/**
 * The Deployments of a Klusterlet's mode. The work agent waits, scaled to 0, until there is a hub kubeconfig; a singleton does not.
 * @param joined whether `hub-kubeconfig-secret` holds a kubeconfig
 */
export const deploymentsFor = (klusterlet: Klusterlet, joined: boolean): readonly Draft[] => {
  const { name: k, uid = '' } = klusterlet.metadata;
  const { spec } = klusterlet;
  const flags = registrationFlags(klusterlet);
  const agentId = `--agent-id=${uid}`;
  if (isSingleton(klusterlet))
    return [
      deployment(klusterlet, {
        name: `${k}-agent`,
        app: 'klusterlet-agent',
        replicas: 1,
        account: `${k}-work-sa`,
        image: spec?.imagePullSpec,
        args: ['/registration-operator', 'agent', ...flags, agentId],
        mounts: [names.bootstrapSecret],
      }),
    ];
  return [
    deployment(klusterlet, {
      name: `${k}-registration-agent`,
      app: 'klusterlet-registration-agent',
      replicas: 1,
      account: `${k}-registration-sa`,
      image: spec?.registrationImagePullSpec,
      args: ['/registration', 'agent', ...flags],
      mounts: [names.bootstrapSecret],
    }),
    deployment(klusterlet, {
      name: `${k}-work-agent`,
      app: 'klusterlet-manifestwork-agent',
      replicas: joined ? 1 : 0,
      account: `${k}-work-sa`,
      image: spec?.workImagePullSpec,
      args: ['/work', 'agent', `--spoke-cluster-name=${spec?.clusterName ?? ''}`, agentId],
      mounts: [names.hubSecret],
    }),
  ];
};
