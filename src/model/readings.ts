import type { AccessQuestion, KubeObject, ListKey, ObjectKey, ResourceType, SecretFacts } from './cluster.ts';
import type { ClusterErrorKind } from './errors.ts';

/** Which of the clusters of a registration something is on. */
export type SiteName = 'hub' | 'member';

/**
 * What must be read. `bulk` names a wider list that contains it: a hub is read in one LIST per kind for all its
 * registrations. Two refs with the same {@link refKey} are one request.
 */
export type Ref =
  | {
      readonly site: SiteName;
      readonly read: 'object';
      readonly key: ObjectKey;
      readonly facts?: SecretFacts;
      readonly bulk?: ListKey;
    }
  | {
      readonly site: SiteName;
      readonly read: 'list';
      readonly key: ListKey;
      readonly facts?: SecretFacts;
      readonly bulk?: ListKey;
    }
  | { readonly site: SiteName; readonly read: 'served'; readonly groupVersion: string; readonly kind: string }
  | { readonly site: SiteName; readonly read: 'access'; readonly question: AccessQuestion }
  /** Everything a namespace holds, metadata only, over all listable kinds (events left out). */
  | { readonly site: SiteName; readonly read: 'contents'; readonly namespace: string };

/** What reading a ref gave. `at` is the server's clock, RFC 3339. */
export type Reading =
  | { readonly is: 'found'; readonly object: KubeObject; readonly at: string }
  | { readonly is: 'listed'; readonly items: readonly KubeObject[]; readonly at: string }
  | { readonly is: 'answered'; readonly yes: boolean; readonly at: string }
  | { readonly is: 'absent'; readonly at: string }
  | { readonly is: 'unreadable'; readonly reason: string; readonly error: ClusterErrorKind; readonly next?: string };

/** Readings by {@link refKey}. A ref that was not asked for reads as unreadable. */
export interface Readings {
  get(ref: Ref): Reading;
}

const keyOfType = (type: ResourceType): string => `${type.apiVersion}/${type.resource}`;

/** @returns a string that is equal for refs that one request answers */
export function refKey(ref: Ref): string {
  switch (ref.read) {
    case 'object':
      return `${ref.site} object ${keyOfType(ref.key.type)} ${ref.key.namespace ?? ''}/${ref.key.name}`;
    case 'list':
      return `${ref.site} list ${listKey(ref.key)}`;
    case 'served':
      return `${ref.site} served ${ref.groupVersion} ${ref.kind}`;
    case 'access': {
      const q = ref.question;
      return `${ref.site} access ${q.verb} ${q.group}/${q.resource}/${q.subresource ?? ''} ${q.namespace ?? ''}/${q.name ?? ''}`;
    }
    case 'contents':
      return `${ref.site} contents ${ref.namespace}`;
  }
}

/** @returns a string that is equal for equal lists */
export const listKey = (key: ListKey): string =>
  `${keyOfType(key.type)} ${key.namespace ?? '*'} ${key.labelSelector ?? ''} ${key.fieldSelector ?? ''}${key.metadataOnly ? ' metadata' : ''}`;
