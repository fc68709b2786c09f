import { builtInSchema } from './fields/builtins.ts';
import type { Schema } from './fields/schema.ts';

/** One column of a Table answer. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly priority?: number;
}

/** One resource in one version, as the server serves it. */
export interface ServedType {
  readonly group: string;
  readonly version: string;
  /** `v1`, `apps/v1` */
  readonly apiVersion: string;
  readonly resource: string;
  readonly kind: string;
  readonly listKind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** `status`, `approval`, `finalize`, `token` */
  readonly subresources: readonly string[];
  /** metadata.generation counts changes of the spec. */
  readonly counted: boolean;
  /** A PUT without resourceVersion is accepted. */
  readonly unconditionalUpdate: boolean;
  /** Fields a fieldSelector may name besides the metadata ones. */
  readonly selectable: readonly string[];
  /** Made by a CustomResourceDefinition. */
  readonly custom: boolean;
  readonly schema: Schema | undefined;
  readonly columns: readonly Column[];
}

const storedVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

interface Options {
  readonly namespaced?: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly string[];
  readonly counted?: boolean;
  readonly conditionalOnly?: boolean;
  readonly selectable?: readonly string[];
  readonly verbs?: readonly string[];
  readonly plural?: string;
  /** Printer columns between name and age: heading → path. */
  readonly columns?: Readonly<Record<string, string>>;
}

function printed(columns: Readonly<Record<string, string>> | undefined): Column[] {
  if (!columns) return [];
  const own = Object.entries(columns).map(([name, jsonPath]) => ({ name, type: 'string', jsonPath }));
  return [...own, { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }];
}

function builtIn(group: string, version: string, kind: string, options: Options = {}): ServedType {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  const singular = kind.toLowerCase();
  return {
    group,
    version,
    apiVersion,
    kind,
    listKind: `${kind}List`,
    singular,
    resource: options.plural ?? `${singular}s`,
    shortNames: options.shortNames ?? [],
    categories: options.categories ?? [],
    namespaced: options.namespaced ?? true,
    verbs: options.verbs ?? storedVerbs,
    subresources: options.subresources ?? [],
    counted: options.counted ?? false,
    unconditionalUpdate: !(options.conditionalOnly ?? false),
    selectable: options.selectable ?? [],
    custom: false,
    schema: builtInSchema(apiVersion, kind),
    columns: printed(options.columns),
  };
}

const eventFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
  (name) => `involvedObject.${name}`,
);
const cluster = { namespaced: false };
const review = { namespaced: false, verbs: ['create'] };
const rbac = 'rbac.authorization.k8s.io';

/** @returns the types every sandbox cluster serves before any CustomResourceDefinition */
export function builtInTypes(): ServedType[] {
  return [
    builtIn('', 'v1', 'Namespace', {
      ...cluster,
      shortNames: ['ns'],
      subresources: ['status', 'finalize'],
      selectable: ['status.phase'],
      columns: { Status: '.status.phase' },
      verbs: storedVerbs.filter((verb) => verb !== 'deletecollection'),
    }),
    builtIn('', 'v1', 'ConfigMap', { shortNames: ['cm'] }),
    builtIn('', 'v1', 'Secret', { selectable: ['type'], columns: { Type: '.type' } }),
    builtIn('', 'v1', 'ServiceAccount', { shortNames: ['sa'], subresources: ['token'] }),
    builtIn('', 'v1', 'Pod', {
      shortNames: ['po'],
      categories: ['all'],
      subresources: ['status'],
      counted: true,
      selectable: ['spec.nodeName', 'status.phase'],
    }),
    builtIn('', 'v1', 'Service', { shortNames: ['svc'], categories: ['all'], subresources: ['status'] }),
    builtIn('', 'v1', 'Endpoints', { plural: 'endpoints', shortNames: ['ep'] }),
    builtIn('', 'v1', 'Node', { ...cluster, shortNames: ['no'], subresources: ['status'] }),
    builtIn('', 'v1', 'Event', {
      shortNames: ['ev'],
      selectable: [...eventFields, 'reason', 'type'],
      columns: { Type: '.type', Reason: '.reason', Message: '.message' },
    }),
    builtIn('apps', 'v1', 'Deployment', {
      shortNames: ['deploy'],
      categories: ['all'],
      subresources: ['status'],
      counted: true,
    }),
    builtIn('coordination.k8s.io', 'v1', 'Lease', {
      conditionalOnly: true,
      columns: { Holder: '.spec.holderIdentity' },
    }),
    builtIn('discovery.k8s.io', 'v1', 'EndpointSlice', { counted: true }),
    builtIn('certificates.k8s.io', 'v1', 'CertificateSigningRequest', {
      ...cluster,
      shortNames: ['csr'],
      subresources: ['approval', 'status'],
      selectable: ['spec.signerName'],
      columns: { Signername: '.spec.signerName', Requestor: '.spec.username' },
    }),
    builtIn(rbac, 'v1', 'Role'),
    builtIn(rbac, 'v1', 'RoleBinding', { columns: { Role: '.roleRef.name' } }),
    builtIn(rbac, 'v1', 'ClusterRole', cluster),
    builtIn(rbac, 'v1', 'ClusterRoleBinding', { ...cluster, columns: { Role: '.roleRef.name' } }),
    builtIn('authentication.k8s.io', 'v1', 'TokenReview', review),
    builtIn('authentication.k8s.io', 'v1', 'SelfSubjectReview', review),
    builtIn('authorization.k8s.io', 'v1', 'SelfSubjectAccessReview', review),
    builtIn('authorization.k8s.io', 'v1', 'SubjectAccessReview', review),
    builtIn('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', {
      ...cluster,
      shortNames: ['crd', 'crds'],
      categories: ['api-extensions'],
      subresources: ['status'],
      counted: true,
      conditionalOnly: true,
    }),
    builtIn('admissionregistration.k8s.io', 'v1', 'ValidatingWebhookConfiguration', { ...cluster, counted: true }),
    builtIn('admissionregistration.k8s.io', 'v1', 'MutatingWebhookConfiguration', { ...cluster, counted: true }),
  ];
}

export { storedVerbs };
