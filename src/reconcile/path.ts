import type { Path } from '../model/step.ts';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns the value at `path`, or undefined where the way ends before it */
export function valueAt(root: unknown, path: Path): unknown {
  let value: unknown = root;
  for (const part of path) {
    if (typeof part === 'object') {
      if (!Array.isArray(value)) return undefined;
      value = value.find(
        (item) => isRecord(item) && Object.entries(part).every(([key, wanted]) => item[key] === wanted),
      );
    } else if (typeof part === 'number') {
      value = Array.isArray(value) ? value[part] : undefined;
    } else {
      value = isRecord(value) && Object.hasOwn(value, part) ? value[part] : undefined;
    }
  }
  return value;
}

const plainName = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** @returns the path as people read it: `.metadata.labels.tier`, `.spec.conditions[type=Ready]`, `["a.b/c"]` */
export const printPath = (path: Path): string =>
  path
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`;
      if (typeof part === 'object')
        return `[${Object.entries(part)
          .map(([key, value]) => `${key}=${value}`)
          .join(',')}]`;
      return plainName.test(part) ? `.${part}` : `["${part}"]`;
    })
    .join('');

/** @returns whether `path` is `prefix` or lies below it */
export const isUnder = (path: Path, prefix: Path): boolean =>
  prefix.length <= path.length && prefix.every((part, index) => JSON.stringify(part) === JSON.stringify(path[index]));

export { isRecord };
