import type { Cluster, ListKey } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import { listKey, type Reading, type Readings, type Ref, refKey } from '../model/readings.ts';
import { nameOf } from './judge.ts';
import { ListAnswers } from './lists.ts';
import type { Sites } from './steps/handler.ts';

/** Fewer refs than this are read one by one: a LIST of a large hub would cost more. */
const worthAList = 4;

/** Readings as they were made; what was never asked for reads as unreadable. */
export class ReadingsMap implements Readings {
  readonly #readings = new Map<string, Reading>();
  get(ref: Ref): Reading {
    return (
      this.#readings.get(refKey(ref)) ?? {
        is: 'unreadable',
        reason: `${nameOf(ref)} was not read`,
        error: 'unreachable',
      }
    );
  }
  set(ref: Ref, reading: Reading): void {
    this.#readings.set(refKey(ref), reading);
  }
  /** @returns the readings of these refs alone */
  only(refs: readonly Ref[]): ReadingsMap {
    const part = new ReadingsMap();
    for (const ref of refs) {
      const reading = this.#readings.get(refKey(ref));
      if (reading !== undefined) part.set(ref, reading);
    }
    return part;
  }
  takeAll(other: ReadingsMap): void {
    for (const [key, reading] of other.#readings) this.#readings.set(key, reading);
  }
}

/** @returns the newer readings, and the older ones where nothing newer was read */
export function overlaid(older: ReadingsMap, newer: ReadingsMap): ReadingsMap {
  const live = new ReadingsMap();
  live.takeAll(older);
  live.takeAll(newer);
  return live;
}

/** @returns readings of several sites as one */
export function joined(parts: readonly { readonly site: Ref['site']; readonly live: Readings }[]): Readings {
  return {
    get: (ref) =>
      parts.find(({ site }) => site === ref.site)?.live.get(ref) ?? {
        is: 'unreadable',
        reason: `${nameOf(ref)} was not read`,
        error: 'unreachable',
      },
  };
}

const distinct = (refs: readonly Ref[]): readonly Ref[] => [...new Map(refs.map((ref) => [refKey(ref), ref])).values()];

/** Reads every ref by itself, in parallel over the site's one connection. Never throws: what fails is unreadable. */
export async function observe(sites: Partial<Sites>, refs: readonly Ref[]): Promise<ReadingsMap> {
  const live = new ReadingsMap();
  await Promise.all(
    distinct(refs).map(async (ref) => {
      const cluster = sites[ref.site];
      if (cluster !== undefined) live.set(ref, await read(cluster, ref));
    }),
  );
  return live;
}

/**
 * Reads a hub for all its registrations at once: one complete LIST per kind, whatever their number.
 * @param known what was read of this hub before: its lists are not read again
 */
export async function observeInBulk(hub: Cluster, refs: readonly Ref[], known?: Readings): Promise<ReadingsMap> {
  const groups = new Map<string, { bulk: ListKey; like: Ref; refs: Ref[] }>();
  const single: Ref[] = [];
  const live = new ReadingsMap();
  for (const ref of distinct(refs)) {
    if (!('bulk' in ref) || ref.bulk === undefined) {
      single.push(ref);
      continue;
    }
    const key = listKey(ref.bulk);
    const group = groups.get(key) ?? { bulk: ref.bulk, like: ref, refs: [] };
    group.refs.push(ref);
    groups.set(key, group);
  }
  for (const [key, { bulk, like, refs: members }] of groups) {
    const before = known?.get({ site: like.site, read: 'list', key: bulk });
    if (before?.is === 'listed') answer(live, members, before);
    else if (members.length < worthAList) single.push(...members);
    else continue;
    groups.delete(key);
  }
  await Promise.all([
    ...single.map(async (ref) => live.set(ref, await read(hub, ref))),
    ...[...groups.values()].map(async ({ bulk, like, refs: members }) =>
      answer(live, members, await readList(hub, bulk, like)),
    ),
  ]);
  return live;
}

function answer(live: ReadingsMap, refs: readonly Ref[], list: Reading): void {
  const answers = list.is === 'listed' ? new ListAnswers(list) : undefined;
  for (const ref of refs) {
    const reading = answers === undefined ? list : answers.answer(ref);
    if (reading !== undefined) live.set(ref, reading);
  }
}

async function read(cluster: Cluster, ref: Ref): Promise<Reading> {
  try {
    switch (ref.read) {
      case 'object': {
        const { object, at } = await cluster.get(ref.key, ref.facts);
        return object === undefined ? { is: 'absent', at } : { is: 'found', object, at };
      }
      case 'list': {
        const { items, at } = await cluster.list(ref.key, ref.facts);
        return { is: 'listed', items, at };
      }
      case 'served': {
        const { resources, at } = await cluster.served(ref.groupVersion);
        return { is: 'answered', yes: resources?.some(({ kind }) => kind === ref.kind) ?? false, at };
      }
      case 'access':
        return { is: 'answered', yes: await cluster.may(ref.question), at: '' };
      case 'contents':
        return await readContents(cluster, ref.namespace);
    }
  } catch (error) {
    return unservedOr(cluster, ref, error);
  }
}

async function readList(cluster: Cluster, key: ListKey, like: Ref): Promise<Reading> {
  return read(cluster, {
    site: like.site,
    read: 'list',
    key,
    ...('facts' in like && like.facts !== undefined ? { facts: like.facts } : {}),
  });
}

/** A kind that discovery proves not to be served has no objects; a 404 alone proves nothing. */
async function unservedOr(cluster: Cluster, ref: Ref, error: unknown): Promise<Reading> {
  if (!(error instanceof ClusterError)) throw error;
  if (error.kind === 'not-served' && (ref.read === 'object' || ref.read === 'list')) {
    const { type } = ref.key;
    const discovered = await read(cluster, {
      site: ref.site,
      read: 'served',
      groupVersion: type.apiVersion,
      kind: type.kind,
    });
    if (discovered.is === 'answered' && !discovered.yes) {
      return ref.read === 'object'
        ? { is: 'absent', at: discovered.at }
        : { is: 'listed', items: [], at: discovered.at };
    }
  }
  return {
    is: 'unreadable',
    reason: error.message,
    error: error.kind,
    ...(error.next === undefined ? {} : { next: error.next }),
  };
}

async function readContents(cluster: Cluster, namespace: string): Promise<Reading> {
  const types = (await cluster.namespacedTypes()).filter(({ kind }) => kind !== 'Event');
  const lists = await Promise.all(
    types.map(async (type) => {
      const { items, at } = await cluster.list({ type, namespace, metadataOnly: true });
      return { items: items.map((item) => ({ ...item, apiVersion: type.apiVersion, kind: type.kind })), at };
    }),
  );
  return { is: 'listed', items: lists.flatMap(({ items }) => items), at: lists.at(-1)?.at ?? '' };
}
