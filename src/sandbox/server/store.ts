import type { KubeObject } from '../../model/cluster.ts';
import type { Stored } from './types.ts';

/** One stored object with its JSON text, so that a read costs no serialisation. */
export interface Entry {
  readonly object: KubeObject;
  readonly text: string;
  readonly version: number;
}

/** One committed write. `DELETED` carries the last state under the resourceVersion of the deletion. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly group: string;
  readonly resource: string;
  readonly entry: Entry;
  readonly before: Entry | undefined;
}

/** How many changes a watch or a paged list can look back. */
const history = 5_000;

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) freeze(child);
  }
  return value;
}

/** etcd's order of `<namespace>/<name>`: the slash counts. */
function byPath(a: string, b: string): number {
  return `${a}/` < `${b}/` ? -1 : 1;
}

/** @returns where an entry stands in a list: continue tokens are made of it */
export function position(entry: Entry): string {
  return `${entry.object.metadata.namespace ?? ''}/${entry.object.metadata.name}`;
}

/** Keys as API servers write them: kind, apiVersion, metadata, then the rest. */
export function inOrder(object: KubeObject): KubeObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  return { kind, apiVersion, metadata, ...rest };
}

/** An entry that is not (or not yet) stored: the answer to a dry run, an object read in another version. */
export function entryOf(object: KubeObject, version: number): Entry {
  const ordered = inOrder(object);
  return { object: ordered, text: JSON.stringify(ordered), version };
}

/**
 * All objects of one cluster, in memory, under one resourceVersion counter. Objects in it are frozen: readers share them.
 */
export class Store implements Stored {
  #version = 0;
  #compacted = 0;
  #log: Change[] = [];
  readonly #objects = new Map<string, Map<string, Map<string, Entry>>>();
  readonly #listeners = new Set<(change: Change) => void>();

  /** The newest resourceVersion. */
  get version(): number {
    return this.#version;
  }

  /** Everything up to this resourceVersion is forgotten: it cannot be watched or listed from. */
  get compacted(): number {
    return this.#compacted;
  }

  /** Forgets all history, as etcd's compaction does: older watches and continue tokens expire. */
  compact(): void {
    this.#log = [];
    this.#compacted = this.#version;
  }

  entry(group: string, resource: string, namespace: string | undefined, name: string): Entry | undefined {
    return this.#objects
      .get(`${group}/${resource}`)
      ?.get(namespace ?? '')
      ?.get(name);
  }

  get(group: string, resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.entry(group, resource, namespace, name)?.object;
  }

  list(group: string, resource: string, namespace?: string): readonly KubeObject[] {
    return this.entries(group, resource, namespace).map((entry) => entry.object);
  }

  /** @returns the entries in key order: by namespace, then by name */
  entries(group: string, resource: string, namespace?: string): Entry[] {
    const byNamespace = this.#objects.get(`${group}/${resource}`);
    if (!byNamespace) return [];
    const chosen = namespace === undefined ? [...byNamespace.keys()].toSorted(byPath) : [namespace];
    return chosen.flatMap((key) => {
      const names = byNamespace.get(key);
      return names
        ? [...names.keys()]
            .toSorted()
            .map((name) => names.get(name))
            .filter((entry) => entry !== undefined)
        : [];
    });
  }

  /** @returns the entries as they were at `version`, which must not be older than {@link compacted} */
  entriesAt(version: number, group: string, resource: string, namespace?: string): Entry[] {
    const current = this.entries(group, resource, namespace);
    if (version >= this.#version) return current;
    const state = new Map(current.map((entry) => [position(entry), entry]));
    for (let at = this.#log.length - 1; at >= 0; at -= 1) {
      const change = this.#log[at];
      if (!change || change.entry.version <= version) break;
      if (change.group !== group || change.resource !== resource) continue;
      if (namespace !== undefined && (change.entry.object.metadata.namespace ?? '') !== namespace) continue;
      if (change.before) state.set(position(change.entry), change.before);
      else state.delete(position(change.entry));
    }
    return [...state].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  }

  /** @returns the changes after `version`, oldest first */
  since(version: number): readonly Change[] {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#log[middle]?.entry.version ?? 0) <= version) low = middle + 1;
      else high = middle;
    }
    return this.#log.slice(low);
  }

  /** Calls `listener` after every commit until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stores the object under the next resourceVersion, in place of what is there. */
  put(group: string, resource: string, object: KubeObject): Entry {
    const { namespace, name } = object.metadata;
    const before = this.entry(group, resource, namespace, name);
    const entry = this.#stamp(object);
    const kind = `${group}/${resource}`;
    const byNamespace = this.#objects.get(kind) ?? new Map<string, Map<string, Entry>>();
    this.#objects.set(kind, byNamespace);
    const names = byNamespace.get(namespace ?? '') ?? new Map<string, Entry>();
    byNamespace.set(namespace ?? '', names);
    names.set(name, entry);
    this.#commit({ type: before ? 'MODIFIED' : 'ADDED', group, resource, entry, before });
    return entry;
  }

  /** Removes the object; `last` is its state in the DELETED event. */
  remove(group: string, resource: string, last: KubeObject): Entry {
    const { namespace, name } = last.metadata;
    const names = this.#objects.get(`${group}/${resource}`)?.get(namespace ?? '');
    const before = names?.get(name);
    names?.delete(name);
    const entry = this.#stamp(last);
    this.#commit({ type: 'DELETED', group, resource, entry, before });
    return entry;
  }

  #stamp(object: KubeObject): Entry {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const ordered = freeze(inOrder({ ...object, metadata }));
    return { object: ordered, text: JSON.stringify(ordered), version: this.#version };
  }

  #commit(change: Change): void {
    this.#log.push(change);
    if (this.#log.length > 2 * history) {
      this.#log = this.#log.slice(-history);
      this.#compacted = (this.#log[0]?.entry.version ?? 1) - 1;
    }
    for (const listener of this.#listeners) listener(change);
  }
}
