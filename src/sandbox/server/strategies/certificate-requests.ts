import type { KubeObject } from '../../../model/cluster.ts';
import { timestamp } from '../core.ts';
import type { FieldProblem } from '../status.ts';
import type { Strategy, Write } from '../strategy.ts';

interface Condition {
  readonly type: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime?: string;
}

function conditions(object: KubeObject | undefined): readonly Condition[] {
  const status = object?.['status'] as { readonly conditions?: readonly Condition[] } | undefined;
  return status?.conditions ?? [];
}

function certificate(object: KubeObject): unknown {
  return (object['status'] as { readonly certificate?: unknown } | undefined)?.certificate;
}

function signerName(object: KubeObject): string {
  return String((object['spec'] as { readonly signerName?: unknown } | undefined)?.signerName ?? '');
}

const has = (list: readonly Condition[], type: string) => list.some((condition) => condition.type === type);

function stamped(object: KubeObject, write: Write): KubeObject {
  const now = timestamp(write.core.chance);
  const old = conditions(write.before);
  const list = conditions(object).map((condition) => {
    const same = old.find((other) => other.type === condition.type && other.status === condition.status);
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? same?.lastTransitionTime ?? now,
    };
  });
  const status = typeof object['status'] === 'object' ? object['status'] : {};
  return list.length === 0 ? object : { ...object, status: { ...status, conditions: list } };
}

function requested(object: KubeObject, { writer: { user } }: Write): KubeObject {
  const spec = (object['spec'] ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...object,
    spec: {
      ...spec,
      groups: user.groups,
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
  };
}

function permitted(write: Write, verb: string, signer: string): boolean {
  const names = [signer, `${signer.split('/')[0]}/*`];
  return names.some((name) =>
    write.core.authorize(write.core.store, write.writer.user, {
      verb,
      group: 'certificates.k8s.io',
      resource: 'signers',
      name,
    }),
  );
}

function wrongConditions(object: KubeObject, { before, subresource }: Write): FieldProblem[] {
  const now = conditions(object);
  const old = conditions(before);
  const frozen = subresource === 'approval' ? ['Approved', 'Denied'] : ['Approved', 'Denied', 'Failed'];
  const removed = frozen.filter((type) => has(old, type) && !has(now, type));
  const added =
    subresource === 'status' ? ['Approved', 'Denied'].filter((type) => !has(old, type) && has(now, type)) : [];
  const forbids = (verb: string) => (type: string) => ({
    reason: 'FieldValueForbidden',
    field: 'status.conditions',
    message: `Forbidden: updates may not ${verb} a condition of type "${type}"`,
  });
  const untrue = now.flatMap((condition, index) =>
    frozen.includes(condition.type) && condition.status !== 'True'
      ? [
          {
            reason: 'FieldValueNotSupported',
            field: `status.conditions[${index}].status`,
            message: `Unsupported value: "${condition.status ?? ''}": supported values: "True"`,
          },
        ]
      : [],
  );
  const both = has(now, 'Approved') && has(now, 'Denied');
  return [
    ...removed.map(forbids('remove')),
    ...added.map(forbids('add')),
    ...untrue,
    ...(both
      ? [
          {
            reason: 'FieldValueInvalid',
            field: 'status.conditions',
            message: `Invalid value: "${now.at(-1)?.type}": Approved and Denied conditions are mutually exclusive`,
          },
        ]
      : []),
  ];
}

/**
 * A CertificateSigningRequest: the requester is recorded, the request cannot be changed, and only the approval
 * subresource can approve or deny it, by somebody who may `approve` its signer.
 */
export const certificateRequests: Strategy = {
  untracked: true,
  prepare(object, write) {
    const { before, subresource } = write;
    if (!before) return requested(object, write);
    if (subresource === undefined) return { ...object, spec: before['spec'], status: before['status'] ?? {} };
    if (subresource === 'status') return stamped({ ...object, spec: before['spec'] }, write);
    const kept = certificate(before) === undefined ? {} : { certificate: certificate(before) };
    const approved = conditions(object);
    return stamped(
      { ...object, spec: before['spec'], status: { ...(approved.length > 0 && { conditions: approved }), ...kept } },
      write,
    );
  },
  check(object, write) {
    if (write.before) return wrongConditions(object, write);
    const spec = object['spec'] as { readonly request?: unknown; readonly usages?: readonly unknown[] };
    const problems: FieldProblem[] = [];
    const need = (field: string) => problems.push({ reason: 'FieldValueRequired', field, message: 'Required value' });
    if (typeof spec.request !== 'string' || spec.request === '') need('spec.request');
    if (!spec.usages?.length) need('spec.usages');
    if (!signerName(object)) need('spec.signerName');
    return problems;
  },
  forbid(object, write) {
    if (write.subresource === 'approval' && !permitted(write, 'approve', signerName(object))) {
      return `user not permitted to approve requests with signerName "${signerName(object)}"`;
    }
    const signed = write.subresource === 'status' && write.before && certificate(object) !== certificate(write.before);
    if (signed && !permitted(write, 'sign', signerName(object))) {
      return `user not permitted to sign requests with signerName "${signerName(object)}"`;
    }
    return undefined;
  },
};
