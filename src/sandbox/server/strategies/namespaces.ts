import type { Strategy } from '../strategy.ts';

/** Namespaces carry their name as a label, a finalizer of their own, and a phase that only the server sets on create. */
export const namespaces: Strategy = {
  defaults(object) {
    const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
    return { ...object, metadata: { ...object.metadata, labels } };
  },
  prepare(object, { before, subresource }) {
    if (!before) return { ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
    if (subresource === 'finalize') return { ...before, spec: object['spec'] ?? {} };
    return { ...object, spec: before['spec'] };
  },
};
