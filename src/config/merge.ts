import type { DocNode, Entry, ListNode, MapNode } from './document.ts';

/** Lists whose entries merge by one of their keys instead of being replaced. */
const mergedBy: Readonly<Record<string, string>> = { registrations: 'hub', featureGates: 'feature' };

/** The keys that tell the ways to reach a cluster apart. Mixing two of them would be neither. */
const serverKeys = ['server', 'caFile', 'tokenFile'];

/**
 * Lays `over` on `base`: maps merge, scalars and lists replace (registrations merge by hub, feature gates by feature), `null`
 * unsets. Every value keeps the place where it was written; a merged map stands where `over` does.
 * An `access` of another way (kubeconfig, in-cluster, server) replaces the one below it as a whole.
 */
export function mergeMaps(base: MapNode | undefined, over: MapNode): MapNode {
  const entries = new Map(base?.entries);
  for (const [key, entry] of over.entries) {
    const merged = mergeEntry(key, entries.get(key)?.node, entry.node);
    if (merged === undefined) entries.delete(key);
    else entries.set(key, { keyAt: entry.keyAt, node: merged });
  }
  return { ...over, entries };
}

/** @returns undefined where the value is unset */
function mergeEntry(key: string, base: DocNode | undefined, over: DocNode): DocNode | undefined {
  if (over.kind === 'scalar') return over.value === null ? undefined : over;
  if (over.kind === 'map') {
    const keeps = base?.kind === 'map' && !(key === 'access' && accessKind(base) !== accessKind(over));
    return mergeMaps(keeps ? base : undefined, over);
  }
  const identity = mergedBy[key];
  if (identity === undefined) return { ...over, items: over.items.map(withoutNulls) };
  return mergeLists(base?.kind === 'list' ? base : undefined, over, identity);
}

function mergeLists(base: ListNode | undefined, over: ListNode, identity: string): ListNode {
  const items: DocNode[] = [...(base?.items ?? [])];
  for (const item of over.items) {
    const name = identityOf(item, identity);
    const index = name === undefined ? -1 : items.findIndex((other) => identityOf(other, identity) === name);
    const below = items[index];
    if (item.kind === 'map' && below?.kind === 'map') items[index] = mergeMaps(below, item);
    else items.push(withoutNulls(item));
  }
  return { ...over, items };
}

function identityOf(item: DocNode, key: string): unknown {
  const entry: Entry | undefined = item.kind === 'map' ? item.entries.get(key) : undefined;
  return entry?.node.kind === 'scalar' ? entry.node.value : undefined;
}

function withoutNulls(node: DocNode): DocNode {
  if (node.kind === 'map') return mergeMaps(undefined, node);
  return node.kind === 'list' ? { ...node, items: node.items.map(withoutNulls) } : node;
}

/** Which of the three ways an `access` map says. */
export function accessKind(access: MapNode): 'in-cluster' | 'server' | 'kubeconfig' {
  if (access.entries.has('inCluster')) return 'in-cluster';
  return serverKeys.some((key) => access.entries.has(key)) ? 'server' : 'kubeconfig';
}
