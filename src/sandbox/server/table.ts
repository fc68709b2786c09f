import type { KubeObject } from '../../model/cluster.ts';
import { isFields } from './decode.ts';
import { inVersion, partial } from './present.ts';
import type { Column, ServedType } from './resources.ts';
import type { Entry } from './store.ts';

const named: Column = { name: 'Name', type: 'string', jsonPath: '.metadata.name' };
const age: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

function short(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, seconds)}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

/** Follows a printer column's path: fields, quoted fields, and `[?(@.type=="X")]`. */
function follow(object: unknown, path: string): unknown {
  const steps = path.matchAll(/\[\?\(@\.([\w]+)==["']([^"']*)["']\)\]|\.((?:\\\.|[^.[\]])+)|\[['"]([^'"]+)['"]\]/g);
  let value: unknown = object;
  for (const [, key, wanted, field, quoted] of steps) {
    const name = (field ?? quoted ?? '').replaceAll('\\.', '.');
    if (key !== undefined) {
      value = Array.isArray(value) ? value.find((item) => isFields(item) && item[key] === wanted) : undefined;
    } else value = isFields(value) ? value[name] : undefined;
  }
  return value;
}

function cell(object: KubeObject, column: Column, now: number): unknown {
  const value = follow(object, column.jsonPath);
  if (value === undefined || value === null) return column.type === 'string' ? '' : null;
  if (column.type === 'date') return short(Math.floor((now - Date.parse(String(value))) / 1000));
  return isFields(value) || Array.isArray(value)
    ? JSON.stringify(value)
    : column.type === 'string'
      ? String(value)
      : value;
}

/** @returns the Table that kubectl prints: the printer columns of the type, or name and age */
export function table(entries: readonly Entry[], type: ServedType, now: number, metadata: object): object {
  const own = type.columns.length > 0 ? type.columns : [age];
  const columns = [named, ...own];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map((column) => ({
      name: column.name,
      type: column.type,
      format: column === named ? 'name' : '',
      description: '',
      priority: column.priority ?? 0,
    })),
    rows: entries.map((entry) => ({
      cells: columns.map((column) => cell(inVersion(entry.object, type), column, now)),
      object: partial(entry.object),
    })),
  };
}
