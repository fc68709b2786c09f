import { isDeepStrictEqual } from 'node:util';
import { escalation } from '../rbac.ts';
import type { Strategy, Write } from '../strategy.ts';

const group = 'rbac.authorization.k8s.io';

interface Subject {
  readonly kind: string;
  readonly apiGroup?: string;
}

function refusal(resource: string): NonNullable<Strategy['forbid']> {
  return (object, { core, writer, before }: Write) =>
    escalation(core.store, writer.user, { resource, object, old: before });
}

/** Nobody may write a role that grants more than he holds. */
export const roles: Strategy = {
  forbid: (object, write) => refusal(object.kind === 'Role' ? 'roles' : 'clusterroles')(object, write),
};

/** API groups are filled in; the role a binding refers to cannot be changed. */
export const bindings: Strategy = {
  defaults(object) {
    const subjects = (object['subjects'] ?? []) as readonly Subject[];
    const roleRef = (object['roleRef'] ?? {}) as { readonly apiGroup?: string };
    const filled = subjects.map((subject) =>
      subject.kind === 'ServiceAccount' || subject.apiGroup ? subject : { apiGroup: group, ...subject },
    );
    return {
      ...object,
      roleRef: { ...roleRef, apiGroup: roleRef.apiGroup || group },
      ...(filled.length === 0 ? {} : { subjects: filled }),
    };
  },
  check(object, { before }) {
    const roleRef = object['roleRef'] as { readonly apiGroup?: string; readonly kind?: string; readonly name?: string };
    if (before && !isDeepStrictEqual(before['roleRef'], roleRef)) {
      const { apiGroup, kind, name } = roleRef;
      const value = JSON.stringify({ APIGroup: apiGroup, Kind: kind, Name: name });
      return [
        { reason: 'FieldValueInvalid', field: 'roleRef', message: `Invalid value: ${value}: cannot change roleRef` },
      ];
    }
    if (!roleRef.name) return [{ reason: 'FieldValueRequired', field: 'roleRef.name', message: 'Required value' }];
    const kinds = object.kind === 'RoleBinding' ? ['ClusterRole', 'Role'] : ['ClusterRole'];
    if (kinds.includes(roleRef.kind ?? '')) return [];
    const supported = kinds.map((kind) => `"${kind}"`).join(', ');
    const message = `Unsupported value: "${roleRef.kind ?? ''}": supported values: ${supported}`;
    return [{ reason: 'FieldValueNotSupported', field: 'roleRef.kind', message }];
  },
  forbid: (object, write) =>
    refusal(object.kind === 'RoleBinding' ? 'rolebindings' : 'clusterrolebindings')(object, write),
};
