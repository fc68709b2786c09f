import type { KubeObject } from '../../model/cluster.ts';
import type { Core, Writer } from './core.ts';
import type { FieldProblem } from './status.ts';
import { certificateRequests } from './strategies/certificate-requests.ts';
import { definitions } from './strategies/definitions.ts';
import { namespaces } from './strategies/namespaces.ts';
import { bindings, roles } from './strategies/rbac.ts';
import { secrets } from './strategies/secrets.ts';

/** One write, as the rules of its kind see it. */
export interface Write {
  readonly core: Core;
  readonly writer: Writer;
  /** What is stored now; undefined on create. */
  readonly before: KubeObject | undefined;
  readonly subresource: string | undefined;
}

/** The rules of one kind that go beyond those of all kinds. */
export interface Strategy {
  /** Objects of the kind carry no managedFields. */
  readonly untracked?: true;
  /** @returns the object with what the kind fills in; whoever writes the object owns these fields too */
  defaults?(object: KubeObject): KubeObject;
  /** @returns the object as it would be stored: what the server sets is set, what this write may not touch put back */
  prepare?(object: KubeObject, write: Write): KubeObject;
  /** @returns what is wrong with the object (answered as 422) */
  check?(object: KubeObject, write: Write): readonly FieldProblem[];
  /** @returns why the write is forbidden (403), or undefined */
  forbid?(object: KubeObject, write: Write): string | undefined;
}

const strategies: Readonly<Record<string, Strategy>> = {
  '/namespaces': namespaces,
  '/secrets': secrets,
  'certificates.k8s.io/certificatesigningrequests': certificateRequests,
  'apiextensions.k8s.io/customresourcedefinitions': definitions,
  'rbac.authorization.k8s.io/roles': roles,
  'rbac.authorization.k8s.io/clusterroles': roles,
  'rbac.authorization.k8s.io/rolebindings': bindings,
  'rbac.authorization.k8s.io/clusterrolebindings': bindings,
};

const plain: Strategy = {};

export function strategyOf(type: { group: string; resource: string }): Strategy {
  return strategies[`${type.group}/${type.resource}`] ?? plain;
}
