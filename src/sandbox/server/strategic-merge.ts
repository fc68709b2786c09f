import { isFields } from './decode.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Lists of built-in kinds that merge item by item, with the field that identifies an item. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  env: 'name',
  conditions: 'type',
  ownerReferences: 'uid',
  imagePullSecrets: 'name',
  secrets: 'name',
  webhooks: 'name',
};
const sets = new Set(['finalizers']);

/** `ports` of a container and of a Service are told apart by what the items look like. */
function keyOf(field: string, items: readonly unknown[]): string | undefined {
  if (field !== 'ports') return mergeKeys[field];
  return items.some((item) => isFields(item) && 'containerPort' in item) ? 'containerPort' : 'port';
}

function mergeItems(live: readonly unknown[], patch: readonly unknown[], key: string): unknown[] {
  if (patch.some((item) => isFields(item) && item['$patch'] === 'replace')) {
    return patch.filter((item) => !isFields(item) || item['$patch'] === undefined);
  }
  const items = [...live];
  for (const item of patch) {
    if (!isFields(item)) continue;
    const { $patch, ...rest } = item;
    const at = items.findIndex((other) => isFields(other) && other[key] === item[key]);
    if ($patch === 'delete') {
      if (at >= 0) items.splice(at, 1);
    } else if (at < 0) items.push(rest);
    else items[at] = strategicMerge(items[at], rest);
  }
  return items;
}

function mergeField(field: string, live: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) return strategicMerge(live, patch);
  const before: readonly unknown[] = Array.isArray(live) ? live : [];
  if (sets.has(field)) return [...new Set([...before, ...patch])];
  const key = keyOf(field, [...before, ...patch]);
  return key === undefined ? patch : mergeItems(before, patch, key);
}

/**
 * Strategic merge patch: a merge patch in which the listed lists merge by key, with the directives `$patch`,
 * `$retainKeys` and `$deleteFromPrimitiveList`. The order that `$setElementOrder` asks for is not kept.
 */
export function strategicMerge(live: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  if (patch['$patch'] === 'delete') return {};
  const { $patch, $retainKeys, ...fields } = patch;
  const merged: Record<string, unknown> = isFields(live) && $patch !== 'replace' ? { ...live } : {};
  if (Array.isArray($retainKeys)) {
    for (const key of Object.keys(merged)) if (!$retainKeys.includes(key)) delete merged[key];
  }
  for (const [key, value] of Object.entries(fields as Fields)) {
    if (key.startsWith('$setElementOrder/')) continue;
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const field = key.slice('$deleteFromPrimitiveList/'.length);
      const list = merged[field];
      if (Array.isArray(list) && Array.isArray(value)) merged[field] = list.filter((item) => !value.includes(item));
    } else if (value === null) delete merged[key];
    else merged[key] = mergeField(key, merged[key], value);
  }
  return merged;
}
