import type { KubeObject } from '../../model/cluster.ts';
import type { Attributes, Stored, User } from './types.ts';

/** One entry of a role's `rules`. */
export interface PolicyRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** What a binding grants. */
export interface RoleRef {
  readonly apiGroup: string;
  readonly kind: 'Role' | 'ClusterRole';
  readonly name: string;
}

interface BindingSubject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

const group = 'rbac.authorization.k8s.io';

// Roles and bindings are checked against their kinds' schemas as they are stored; these read what passed.
const rulesOf = (role: KubeObject): readonly PolicyRule[] =>
  (role['rules'] as readonly PolicyRule[] | null | undefined) ?? [];
export const roleRefOf = (binding: KubeObject): RoleRef => binding['roleRef'] as RoleRef;
const subjectsOf = (binding: KubeObject): readonly BindingSubject[] =>
  (binding['subjects'] as readonly BindingSubject[] | null | undefined) ?? [];

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  const expressions = (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const listed = value !== undefined && values.includes(value);
    return operator === 'NotIn' ? !listed : listed;
  });
  return equal && expressions;
}

/**
 * The rules of a ClusterRole as they stand: of an aggregated one, those of all ClusterRoles that its selectors match, so that
 * no controller has to write them into it first.
 */
function clusterRoleRules(stored: Stored, role: KubeObject, seen: readonly string[] = []): readonly PolicyRule[] {
  const aggregation = role['aggregationRule'] as { clusterRoleSelectors?: readonly LabelSelector[] } | undefined;
  const selectors = aggregation?.clusterRoleSelectors;
  if (!selectors) return rulesOf(role);
  const path = [...seen, role.metadata.name];
  return stored
    .list(group, 'clusterroles')
    .filter((other) => !path.includes(other.metadata.name))
    .filter((other) => selectors.some((selector) => selects(selector, other.metadata.labels ?? {})))
    .flatMap((other) => clusterRoleRules(stored, other, path));
}

/** The rules that a binding in `namespace` (left out: a ClusterRoleBinding) grants; none when its role is not there. */
export function referencedRules(stored: Stored, ref: RoleRef, namespace: string | undefined): readonly PolicyRule[] {
  if (ref.kind === 'Role') {
    const role = namespace === undefined ? undefined : stored.get(group, 'roles', namespace, ref.name);
    return role ? rulesOf(role) : [];
  }
  const role = stored.get(group, 'clusterroles', undefined, ref.name);
  return role ? clusterRoleRules(stored, role) : [];
}

function binds(subject: BindingSubject, user: User, namespace: string | undefined): boolean {
  if (subject.kind === 'User') return subject.name === user.name;
  if (subject.kind === 'Group') return user.groups.includes(subject.name);
  const home = subject.namespace || namespace;
  return home !== undefined && user.name === `system:serviceaccount:${home}:${subject.name}`;
}

/**
 * Every rule that applies to a user, cluster-wide ones first, lazily: most questions are answered by one of the first.
 * @param namespace where the question is asked; left out = outside of any namespace, so that RoleBindings do not count
 */
export function* rulesFor(stored: Stored, user: User, namespace: string | undefined): Generator<PolicyRule> {
  for (const binding of stored.list(group, 'clusterrolebindings')) {
    if (subjectsOf(binding).some((subject) => binds(subject, user, undefined))) {
      yield* referencedRules(stored, roleRefOf(binding), undefined);
    }
  }
  if (namespace === undefined) return;
  for (const binding of stored.list(group, 'rolebindings', namespace)) {
    if (subjectsOf(binding).some((subject) => binds(subject, user, namespace))) {
      yield* referencedRules(stored, roleRefOf(binding), namespace);
    }
  }
}

const includes = (list: readonly string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(wanted));

function urlMatches(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}

/** Whether one rule allows what is asked. */
export function allows(rule: PolicyRule, asked: Attributes): boolean {
  if (!includes(rule.verbs, asked.verb)) return false;
  const path = asked.nonResourcePath;
  if (path !== undefined) return rule.nonResourceURLs?.some((pattern) => urlMatches(pattern, path)) ?? false;
  const { subresource } = asked;
  const resource = subresource ? `${asked.resource}/${subresource}` : asked.resource;
  const resourceMatches =
    includes(rule.resources, resource) ||
    (subresource !== undefined && rule.resources?.includes(`*/${subresource}`) === true);
  const names = rule.resourceNames ?? [];
  return (
    includes(rule.apiGroups, asked.group) &&
    resourceMatches &&
    (names.length === 0 || (asked.name !== undefined && names.includes(asked.name)))
  );
}
