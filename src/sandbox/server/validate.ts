import type { KubeObject } from '../../model/cluster.ts';
import type { ServedType } from './resources.ts';
import type { FieldProblem } from './status.ts';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const qualifiedName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const anyPathSegment = 'rbac.authorization.k8s.io';

const wording = {
  label:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  subdomain:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
};

function wrong(field: string, value: string, why: string): FieldProblem {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

function nameProblem(type: ServedType, name: string): FieldProblem | undefined {
  if (name === '') {
    return {
      reason: 'FieldValueRequired',
      field: 'metadata.name',
      message: 'Required value: name or generateName is required',
    };
  }
  if (type.group === anyPathSegment) {
    if (name === '.' || name === '..') return wrong('metadata.name', name, `may not be '${name}'`);
    return /[/%]/.test(name) ? wrong('metadata.name', name, "may not contain '/'") : undefined;
  }
  const short = type.group === '' && ['namespaces', 'services'].includes(type.resource);
  const longest = short ? 63 : 253;
  if (short && name.includes('.')) return wrong('metadata.name', name, 'must not contain dots');
  if (name.length > longest) return wrong('metadata.name', name, `must be no more than ${longest} bytes`);
  if ((short ? label : subdomain).test(name)) return undefined;
  return wrong('metadata.name', name, short ? wording.label : wording.subdomain);
}

/** @returns what is wrong with the metadata of an object, as the rules of all kinds say */
export function metadataProblems(type: ServedType, object: KubeObject): FieldProblem[] {
  const { metadata } = object;
  const name = nameProblem(type, metadata.name);
  const labels = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => [
    ...(qualifiedName.test(key)
      ? []
      : [wrong('metadata.labels', key, 'name part must consist of alphanumeric characters')]),
    ...(value.length <= 63 ? [] : [wrong('metadata.labels', value, 'must be no more than 63 bytes')]),
    ...(labelValue.test(value)
      ? []
      : [
          wrong(
            'metadata.labels',
            value,
            'a valid label must be an empty string or consist of alphanumeric characters',
          ),
        ]),
  ]);
  const annotations = Object.keys(metadata.annotations ?? {})
    .filter((key) => !qualifiedName.test(key.toLowerCase()))
    .map((key) => wrong('metadata.annotations', key, 'name part must consist of alphanumeric characters'));
  const owners = (metadata.ownerReferences ?? []).flatMap((owner, index) =>
    owner.uid ? [] : [wrong(`metadata.ownerReferences[${index}].uid`, '', 'must not be empty')],
  );
  return [...(name ? [name] : []), ...labels, ...annotations, ...owners];
}

/** @returns the UID that an update tries to change */
export function changedUid(before: KubeObject, after: KubeObject): FieldProblem[] {
  const { uid } = after.metadata;
  return !uid || uid === before.metadata.uid ? [] : [wrong('metadata.uid', uid, 'field is immutable')];
}

/** @returns the finalizers that an update adds to an object that is being deleted */
export function addedFinalizers(before: KubeObject, after: KubeObject): FieldProblem[] {
  if (!before.metadata.deletionTimestamp) return [];
  const old = new Set(before.metadata.finalizers);
  const added = (after.metadata.finalizers ?? []).filter((finalizer) => !old.has(finalizer));
  if (added.length === 0) return [];
  const list = added.map((finalizer) => `"${finalizer}"`).join(', ');
  return [
    {
      reason: 'FieldValueForbidden',
      field: 'metadata.finalizers',
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
    },
  ];
}
