import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/model/cluster.ts';
import { authorize, escalation } from '../../src/sandbox/server/rbac.ts';
import { starterRbac } from '../../src/sandbox/server/rbac-starter.ts';
import type { PolicyRule } from '../../src/sandbox/server/rbac-rules.ts';
import type { Attributes, Stored, User } from '../../src/sandbox/server/types.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';
const plurals: Readonly<Record<string, string>> = {
  Role: 'roles',
  ClusterRole: 'clusterroles',
  RoleBinding: 'rolebindings',
  ClusterRoleBinding: 'clusterrolebindings',
};

const holding = (...objects: readonly KubeObject[]): Stored => ({
  list: (_group, resource, namespace) =>
    objects.filter(
      (object) =>
        plurals[object.kind] === resource && (namespace === undefined || object.metadata.namespace === namespace),
    ),
  get: (_group, resource, namespace, name) =>
    objects.find(
      ({ kind, metadata }) => plurals[kind] === resource && metadata.name === name && metadata.namespace === namespace,
    ),
});

const role = (kind: 'Role' | 'ClusterRole', metadata: KubeObject['metadata'], ...rules: PolicyRule[]): KubeObject => ({
  apiVersion,
  kind,
  metadata,
  rules,
});
const bind = (
  metadata: KubeObject['metadata'],
  kind: 'Role' | 'ClusterRole',
  name: string,
  ...subjects: object[]
): KubeObject => ({
  apiVersion,
  kind: metadata.namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
  metadata,
  roleRef: { apiGroup, kind, name },
  subjects,
});
const jane: User = { name: 'jane', groups: ['devs', 'system:authenticated'] };
const robot: User = { name: 'system:serviceaccount:ops:robot', groups: ['system:serviceaccounts'] };
const asUser = { kind: 'User', apiGroup, name: 'jane' };
const asGroup = { kind: 'Group', apiGroup, name: 'devs' };
const asAccount = { kind: 'ServiceAccount', namespace: 'ops', name: 'robot' };
const get = (resource: string, more: Partial<Attributes> = {}): Attributes => ({
  verb: 'get',
  group: '',
  resource,
  ...more,
});

describe('authorize', () => {
  it('lets system:masters do anything and a stranger nothing', () => {
    const asked = { verb: 'delete', group: 'x', resource: 'y' };
    expect(authorize(holding(), { name: 'a', groups: ['system:masters'] }, asked)).toBe(true);
    expect(authorize(holding(), jane, asked)).toBe(false);
  });

  it.each([
    ['a user', asUser, jane],
    ['a group', asGroup, jane],
    ['a ServiceAccount', asAccount, robot],
  ])('grants a ClusterRole everywhere to %s', (_kind, subject, user) => {
    const stored = holding(
      role('ClusterRole', { name: 'r' }, { apiGroups: [''], resources: ['pods'], verbs: ['get'] }),
      bind({ name: 'b' }, 'ClusterRole', 'r', subject),
    );
    expect(authorize(stored, user, get('pods'))).toBe(true);
    expect(authorize(stored, user, get('pods', { namespace: 'any', name: 'p' }))).toBe(true);
    expect(authorize(stored, user, { ...get('pods'), verb: 'list' })).toBe(false);
    expect(authorize(stored, user, { ...get('pods'), group: 'apps' })).toBe(false);
    expect(authorize(stored, { name: 'someone', groups: ['else'] }, get('pods'))).toBe(false);
  });

  it('keeps a RoleBinding in its namespace, whether it names a Role or a ClusterRole', () => {
    const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
    const stored = holding(
      role('ClusterRole', { name: 'r' }, rule),
      role('Role', { name: 'r', namespace: 'two' }, rule),
      bind({ name: 'b', namespace: 'one' }, 'ClusterRole', 'r', asUser),
      bind({ name: 'b', namespace: 'two' }, 'Role', 'r', asUser),
      bind({ name: 'b', namespace: 'three' }, 'Role', 'r', asUser),
    );
    const may = (namespace?: string) =>
      authorize(stored, jane, get('pods', namespace === undefined ? {} : { namespace }));
    expect([may('one'), may('two'), may('three'), may('four'), may()]).toEqual([true, true, false, false, false]);
  });

  it('takes the namespace of a ServiceAccount that names none from the RoleBinding', () => {
    const stored = holding(
      role('ClusterRole', { name: 'r' }, { apiGroups: [''], resources: ['pods'], verbs: ['get'] }),
      bind({ name: 'b', namespace: 'ops' }, 'ClusterRole', 'r', { kind: 'ServiceAccount', name: 'robot' }),
    );
    expect(authorize(stored, robot, get('pods', { namespace: 'ops' }))).toBe(true);
  });

  it.each<[string, PolicyRule, Attributes, boolean]>([
    [
      'wildcards',
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { verb: 'x', group: 'y', resource: 'z', subresource: 's' },
      true,
    ],
    [
      'a name',
      { apiGroups: [''], resources: ['pods'], resourceNames: ['p'], verbs: ['get'] },
      get('pods', { name: 'p' }),
      true,
    ],
    [
      'another name',
      { apiGroups: [''], resources: ['pods'], resourceNames: ['p'], verbs: ['get'] },
      get('pods', { name: 'q' }),
      false,
    ],
    [
      'a list against names',
      { apiGroups: [''], resources: ['pods'], resourceNames: ['p'], verbs: ['get'] },
      get('pods'),
      false,
    ],
    [
      'a subresource',
      { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
      get('pods', { subresource: 'log' }),
      true,
    ],
    [
      'the resource for its subresource',
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      get('pods', { subresource: 'log' }),
      false,
    ],
    [
      'the subresource for its resource',
      { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
      get('pods'),
      false,
    ],
    [
      'a subresource of anything',
      { apiGroups: ['*'], resources: ['*/status'], verbs: ['get'] },
      get('pods', { subresource: 'status' }),
      true,
    ],
    ['a path', { nonResourceURLs: ['/version'], verbs: ['get'] }, get('', { nonResourcePath: '/version' }), true],
    [
      'a path below',
      { nonResourceURLs: ['/apis/*'], verbs: ['get'] },
      get('', { nonResourcePath: '/apis/apps/v1' }),
      true,
    ],
    ['a path elsewhere', { nonResourceURLs: ['/apis/*'], verbs: ['get'] }, get('', { nonResourcePath: '/api' }), false],
    [
      'a resource for a path',
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      get('', { nonResourcePath: '/api' }),
      false,
    ],
  ])('judges %s', (_what, rule, asked, expected) => {
    const stored = holding(role('ClusterRole', { name: 'r' }, rule), bind({ name: 'b' }, 'ClusterRole', 'r', asUser));
    expect(authorize(stored, jane, asked)).toBe(expected);
  });

  it('adds up aggregated ClusterRoles, also over two levels and in a circle', () => {
    const selectors = (label: string) => ({
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
    });
    const stored = holding(
      { ...role('ClusterRole', { name: 'top', labels: { low: 'true' } }), ...selectors('mid') },
      { ...role('ClusterRole', { name: 'middle', labels: { mid: 'true' } }), ...selectors('low') },
      role(
        'ClusterRole',
        { name: 'leaf', labels: { low: 'true' } },
        { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      ),
      bind({ name: 'b' }, 'ClusterRole', 'top', asUser),
    );
    expect(authorize(stored, jane, get('pods'))).toBe(true);
    expect(authorize(stored, jane, get('secrets'))).toBe(false);
  });
});

describe('starter roles', () => {
  const stored = holding(...starterRbac);
  const nobody: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
  it.each<[string, User, Attributes, boolean]>([
    ['discovery for the authenticated', jane, get('', { nonResourcePath: '/apis' }), true],
    ['no discovery for the anonymous', nobody, get('', { nonResourcePath: '/apis' }), false],
    ['the version for anybody', nobody, get('', { nonResourcePath: '/version' }), true],
    [
      'asking about oneself',
      jane,
      { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews' },
      true,
    ],
    ['no secrets', jane, get('secrets', { namespace: 'default' }), false],
  ])('allow %s', (_what, user, asked, expected) => {
    expect(authorize(stored, user, asked)).toBe(expected);
  });

  it('make admin of edit and view', () => {
    const world = holding(...starterRbac, bind({ name: 'b', namespace: 'ns' }, 'ClusterRole', 'admin', asUser));
    for (const resource of ['secrets', 'configmaps']) {
      expect(authorize(world, jane, { verb: 'patch', group: '', resource, namespace: 'ns' })).toBe(true);
    }
    expect(authorize(world, jane, get('namespaces', { namespace: 'ns', name: 'ns' }))).toBe(true);
  });
});

describe('escalation', () => {
  const big = role('ClusterRole', { name: 'big' }, { apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get'] });
  const granting = bind({ name: 'new' }, 'ClusterRole', 'big', asAccount);
  const pods: PolicyRule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
  const janeHolds = (...rules: PolicyRule[]) =>
    holding(big, role('ClusterRole', { name: 'own' }, ...rules), bind({ name: 'own' }, 'ClusterRole', 'own', asUser));
  const binding = { resource: 'clusterrolebindings', object: granting };

  it('names the rights that the writer of a binding does not hold', () => {
    expect(escalation(janeHolds(pods), jane, binding)).toContain(
      '\n{"verbs":["get"],"apiGroups":[""],"resources":["secrets"]}',
    );
    expect(escalation(janeHolds(pods), jane, binding)).not.toContain('"pods"');
  });

  it.each<[string, PolicyRule[]]>([
    ['holds the same rights', [{ apiGroups: [''], resources: ['secrets', 'pods'], verbs: ['list', 'get'] }]],
    ['holds more', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]],
    [
      'may bind that role',
      [{ apiGroups: [apiGroup], resources: ['clusterroles'], resourceNames: ['big'], verbs: ['bind'] }],
    ],
  ])('allows a binding whose writer %s', (_who, rules) => {
    expect(escalation(janeHolds(...rules), jane, binding)).toBeUndefined();
  });

  it('does not take the right to bind another role, or a role by name, for more', () => {
    const other: PolicyRule = {
      apiGroups: [apiGroup],
      resources: ['clusterroles'],
      resourceNames: ['small'],
      verbs: ['bind'],
    };
    expect(escalation(janeHolds(other), jane, binding)).toBeDefined();
    const named: PolicyRule = { apiGroups: [''], resources: ['pods', 'secrets'], resourceNames: ['x'], verbs: ['get'] };
    expect(escalation(janeHolds(named), jane, binding)).toBeDefined();
  });

  it('refuses to bind a role that is not there', () => {
    const missing = bind({ name: 'new' }, 'ClusterRole', 'ghost', asAccount);
    expect(escalation(janeHolds(pods), jane, { ...binding, object: missing })).toBe(
      'clusterroles.rbac.authorization.k8s.io "ghost" not found',
    );
  });

  it('checks the rules of a role unless they stay, or the writer may escalate', () => {
    const change = { resource: 'clusterroles', object: big };
    expect(escalation(janeHolds(pods), jane, change)).toContain('secrets');
    expect(escalation(janeHolds(pods), jane, { ...change, old: big })).toBeUndefined();
    const escalate: PolicyRule = { apiGroups: [apiGroup], resources: ['clusterroles'], verbs: ['escalate'] };
    expect(escalation(janeHolds(escalate), jane, change)).toBeUndefined();
  });

  it('a wildcard in a role is only covered by a wildcard', () => {
    const everything = role('ClusterRole', { name: 'all' }, { apiGroups: [''], resources: ['*'], verbs: ['get'] });
    const change = { resource: 'clusterroles', object: everything };
    expect(escalation(janeHolds({ ...pods, resources: ['pods', 'secrets'] }), jane, change)).toBeDefined();
    expect(escalation(janeHolds({ ...pods, resources: ['*'] }), jane, change)).toBeUndefined();
  });

  it('is no concern of other resources and of system:masters', () => {
    expect(escalation(holding(), jane, { ...binding, resource: 'configmaps' })).toBeUndefined();
    expect(escalation(holding(), { name: 'a', groups: ['system:masters'] }, binding)).toBeUndefined();
  });
});
