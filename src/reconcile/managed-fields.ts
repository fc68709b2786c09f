import type { KubeObject, ManagedFieldsEntry } from '../model/cluster.ts';
import type { Path } from '../model/step.ts';
import { isRecord } from './path.ts';

/**
 * The leaves of a fieldsV1 set as paths. Keyed list entries become `{ key: value }` parts, entries of sets (`v:`) are left
 * out: nothing that we apply holds one.
 */
export function ownedPaths(entry: ManagedFieldsEntry): readonly Path[] {
  const paths: Path[] = [];
  const walk = (fields: Readonly<Record<string, unknown>>, path: Path): void => {
    const children = Object.entries(fields).filter(([key]) => key !== '.');
    if (children.length === 0 && path.length > 0) paths.push(path);
    for (const [key, value] of children) {
      const part = partOf(key);
      if (part !== undefined && isRecord(value)) walk(value, [...path, part]);
    }
  };
  walk(entry.fieldsV1 ?? {}, []);
  return paths;
}

function partOf(key: string): Path[number] | undefined {
  if (key.startsWith('f:')) return key.slice(2);
  if (!key.startsWith('k:')) return undefined;
  const keys: unknown = JSON.parse(key.slice(2));
  if (!isRecord(keys)) return undefined;
  return Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, String(value)]));
}

/** @returns our own Apply entry of this field manager, if any */
export const applyEntry = (object: KubeObject, manager: string): ManagedFieldsEntry | undefined =>
  object.metadata.managedFields?.find(
    (entry) => entry.manager === manager && entry.operation === 'Apply' && !entry.subresource,
  );

/** @returns who wrote the value at `path` last: the newest entry that owns it or a field around it */
export function writerOf(object: KubeObject, path: Path): { manager: string; at?: string } | undefined {
  const owners = (object.metadata.managedFields ?? []).filter((entry) => owns(entry.fieldsV1 ?? {}, path));
  const newest = owners.toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''))[0];
  return newest && { manager: newest.manager, ...(newest.time === undefined ? {} : { at: newest.time }) };
}

function owns(fields: Readonly<Record<string, unknown>>, path: Path): boolean {
  const [head, ...rest] = path;
  if (head === undefined) return true;
  const children = Object.keys(fields).filter((key) => key !== '.');
  if (children.length === 0) return false;
  const next = fields[`f:${String(head)}`];
  if (!isRecord(next)) return false;
  // A leaf above the path is an atomic field: whoever owns it owns what is below.
  return Object.keys(next).length === 0 || rest.length === 0 || owns(next, rest);
}

/** @returns the time of the newest write to the object, its status left out, as the server stamped it */
export function lastWrite(object: KubeObject): string | undefined {
  const times = (object.metadata.managedFields ?? [])
    .filter((entry) => !entry.subresource)
    .flatMap((entry) => entry.time ?? []);
  return times.toSorted().at(-1) ?? object.metadata.creationTimestamp;
}

const personsTools = [
  /^kubectl/,
  /^clusteradm$/,
  /^istioctl$/,
  /^meshctl$/,
  /^k9s/,
  /^[Ll]ens/,
  /^headlamp/,
  /^Mozilla/,
  /^before-first-apply$/,
];

/** Whether a field manager is a person's tool, whose writes are ours to repair. Everything else is a controller. */
export const isPersonsTool = (manager: string): boolean =>
  manager.startsWith('rollcall') || personsTools.some((tool) => tool.test(manager));
