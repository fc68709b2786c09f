import { keysSorted } from '../model/canonical.ts';
import type { KubeObject, ResourceType } from '../model/cluster.ts';
import { type Access, type Mode, modes, nameOnHub, type OcmOptions, type Registration } from '../model/fleet.ts';
import type { Ref } from '../model/readings.ts';
import type { ObjectStep, Step } from '../model/step.ts';
import { fleetLabel, versionAnnotation } from './compare.ts';
import { nameOf } from './judge.ts';
import { isRecord, valueAt } from './path.ts';
import { isAccess } from './recorded-access.ts';
import type { Context } from './steps/handler.ts';
import { handlerOf } from './steps/index.ts';

/** Id of step 0, which removes last and which a forget turns into a tombstone. */
export const recordStepId = 'record';
export const rollcallNamespace = 'rollcall';
export const configMapType: ResourceType = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
};

const contentKey = 'record.json';
const accessKey = 'access.json';
const tombstoneKey = 'tombstone.json';

/** What a registration's ConfigMap in namespace `rollcall` of the hub says: the registration as last applied. */
export interface FleetRecord {
  /** The name on the hub; names the ConfigMap. */
  readonly name: string;
  readonly fleet: string;
  readonly member: string;
  readonly mode: Mode;
  readonly works: 'refuse' | 'drain';
  readonly labels: Readonly<Record<string, string>>;
  readonly options: OcmOptions;
  readonly access: Access;
  /** UID of the member's kube-system namespace. */
  readonly memberUid: string;
  /** What the member was told to reach its hub by. */
  readonly server: string;
  /** What was created where, as in `member Klusterlet/klusterlet`. */
  readonly objects: readonly string[];
  /** Left by a forget: what remains on the member. */
  readonly tombstone?: { readonly since: string; readonly left: readonly string[] };
}

/** A ConfigMap that should be a record but cannot be read as one. It blocks its name, and is never overwritten. */
export interface BrokenRecord {
  readonly name: string;
  readonly broken: string;
}

/** The list of all records of a hub. */
export const recordsRef = {
  site: 'hub',
  read: 'list',
  key: { type: configMapType, namespace: rollcallNamespace },
} as const satisfies Ref;

/** @returns the ref of one record's ConfigMap */
const recordRef = (name: string) =>
  ({
    site: 'hub',
    read: 'object',
    key: { type: configMapType, namespace: rollcallNamespace, name },
    bulk: recordsRef.key,
  }) as const satisfies Ref;

/** @returns the record in a ConfigMap of namespace `rollcall`, or undefined for the API server's own ConfigMaps */
function decodeRecord(object: KubeObject): FleetRecord | BrokenRecord | undefined {
  const { name, labels } = object.metadata;
  const fleet = labels?.[fleetLabel];
  if (fleet === undefined) {
    const isRecordOfSomebody = valueAt(object, ['data', contentKey]) !== undefined;
    return isRecordOfSomebody ? { name, broken: `its label ${fleetLabel} is gone` } : undefined;
  }
  try {
    const text = (key: string): unknown => JSON.parse(String(valueAt(object, ['data', key]) ?? 'null'));
    const content = text(contentKey);
    const access = text(accessKey);
    const tombstone = text(tombstoneKey);
    if (!isContent(content) || !isAccess(access)) return { name, broken: 'its content is not a record' };
    if (!modes.some((mode) => mode === content.mode)) {
      return { name, broken: `its mode ${content.mode} is not known to this version` };
    }
    return {
      ...content,
      name,
      fleet,
      access,
      ...(isTombstone(tombstone) ? { tombstone } : {}),
    };
  } catch {
    return { name, broken: 'its content is not JSON' };
  }
}

type Content = Omit<FleetRecord, 'name' | 'fleet' | 'access' | 'tombstone'>;

const isContent = (value: unknown): value is Content =>
  isRecord(value) &&
  typeof value['member'] === 'string' &&
  typeof value['mode'] === 'string' &&
  typeof value['memberUid'] === 'string' &&
  typeof value['server'] === 'string' &&
  isRecord(value['labels']) &&
  Object.values(value['labels']).every((label) => typeof label === 'string') &&
  isRecord(value['options']) &&
  Array.isArray(value['objects']) &&
  value['objects'].every((name) => typeof name === 'string');

const isTombstone = (value: unknown): value is NonNullable<FleetRecord['tombstone']> =>
  isRecord(value) && typeof value['since'] === 'string' && Array.isArray(value['left']);

/**
 * Step 0 of every registration: the record. Written before anything else and removed last, so that no crash leaves an
 * object that nobody owns.
 * @param what.memberUid UID of the member's kube-system namespace, pinned by it
 * @param what.server what the member is told to reach its hub by
 * @param what.tombstone what a forget leaves on the member
 */
export function recordStep(what: {
  readonly registration: Registration;
  readonly steps: readonly Step[];
  readonly memberUid: string;
  readonly server: string;
  readonly context: Context;
  readonly tombstone?: FleetRecord['tombstone'];
}): ObjectStep {
  const { registration, steps, memberUid, server, context, tombstone } = what;
  const content: Content = {
    member: registration.member.name,
    mode: registration.mode,
    works: registration.works,
    labels: registration.member.labels,
    options: registration.options,
    memberUid,
    server,
    objects: [
      ...new Set(
        steps.flatMap((step) =>
          handlerOf(step)
            .owned(step)
            .map((ref) => `${ref.site} ${nameOf(ref)}`),
        ),
      ),
    ],
  };
  const name = nameOnHub(registration);
  return {
    kind: 'object',
    id: recordStepId,
    site: 'hub',
    title: 'record of the registration',
    fieldManager: 'rollcall.record',
    objects: [
      {
        type: configMapType,
        ref: recordRef(name),
        object: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: {
            name,
            namespace: rollcallNamespace,
            labels: { [fleetLabel]: context.fleet },
            annotations: { [versionAnnotation]: context.version },
          },
          data: {
            [contentKey]: canonical(content),
            [accessKey]: canonical(registration.member.access),
            ...(tombstone === undefined ? {} : { [tombstoneKey]: canonical(tombstone) }),
          },
        },
      },
    ],
    fieldRules: [
      { path: ['metadata', 'labels', fleetLabel], rule: 'pinned', says: 'the record is that of another fleet' },
    ],
    // Another machine reaches the member another way, and a new version changes nothing: neither is a reason to write.
    uncompared: [
      ['data', accessKey],
      ['metadata', 'annotations', versionAnnotation],
    ],
  };
}

/** @returns the registration that a record describes, as far as an unjoin needs it */
export const registrationOf = (record: FleetRecord, hub: Registration['hub']): Registration => ({
  id: `${hub.name}/${record.member}`,
  hub,
  member: { name: record.member, labels: record.labels, access: record.access, source: hub.source },
  mode: record.mode,
  state: 'absent',
  works: record.works,
  adopt: false,
  // Names are all that an unjoin needs, and a record may have been edited: nothing else of it is taken for an option.
  options: Object.fromEntries(Object.entries(record.options).filter(([, value]) => typeof value === 'string')),
  source: hub.source,
});

/** JSON with sorted keys: the same value gives the same text. */
export const canonical = (value: unknown): string => JSON.stringify(keysSorted(value));

/** The namespace of the member whose UID tells one cluster from another. */
export const kubeSystemRef = {
  site: 'member',
  read: 'object',
  key: {
    type: { apiVersion: 'v1', kind: 'Namespace', resource: 'namespaces', namespaced: false },
    name: 'kube-system',
  },
} as const satisfies Ref;

/** @returns the records among the ConfigMaps of namespace `rollcall` */
export function decodeRecords(items: readonly KubeObject[]): {
  readonly records: readonly FleetRecord[];
  readonly broken: readonly BrokenRecord[];
} {
  const decoded = items.flatMap((item) => decodeRecord(item) ?? []);
  return {
    records: decoded.filter((record): record is FleetRecord => !('broken' in record)),
    broken: decoded.filter((record): record is BrokenRecord => 'broken' in record),
  };
}
