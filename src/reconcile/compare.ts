import type { KubeObject } from '../model/cluster.ts';
import { equalQuantities } from '../model/quantity.ts';
import type { FieldDiff, FieldRule, Path } from '../model/step.ts';
import { applyEntry, isPersonsTool, ownedPaths, writerOf } from './managed-fields.ts';
import { isRecord, isUnder, printPath, valueAt } from './path.ts';

/** What we put on everything that we write. Never compared: what was adopted lacks it and is no drift. */
export const markerLabel = 'app.kubernetes.io/managed-by';
export const fleetLabel = 'rollcall.dev/fleet';
export const versionAnnotation = 'rollcall.dev/version';

const stamps: readonly Path[] = [
  ['metadata', 'labels', markerLabel],
  ['metadata', 'labels', fleetLabel],
  ['metadata', 'annotations', versionAnnotation],
];
const identity: readonly Path[] = [['apiVersion'], ['kind'], ['metadata', 'name'], ['metadata', 'namespace']];

/** How a live object differs from the fields that we want. */
export interface Difference {
  readonly fields: readonly FieldDiff[];
  /** Reasons to refuse: pinned fields, and fields that another controller holds. */
  readonly refusals: readonly string[];
  /** A field differs that cannot be changed in place. */
  readonly recreate: boolean;
}

/**
 * Compares only what is declared, and what our own Apply entry still owns though it is not declared any more.
 * @param name of the object for people, as in `Klusterlet/klusterlet`
 */
export function compare(
  name: string,
  desired: KubeObject,
  live: KubeObject,
  options: { manager: string; rules?: readonly FieldRule[]; uncompared?: readonly Path[] },
): Difference {
  const rules = options.rules ?? [];
  const left = options.uncompared ?? [];
  const differing = [...changed(desired, live, [], rules), ...givenUp(desired, live, options.manager)].filter(
    (path) => !left.some((uncompared) => isUnder(path, uncompared)),
  );
  const ruleOf = (path: Path) => rules.find((rule) => isUnder(path, rule.path) || isUnder(rule.path, path))?.rule;
  const fields = differing.map((path) => fieldDiff(name, path, desired, live));
  const refusals = differing.flatMap((path, index) => {
    const field = fields[index];
    const rule = rules.find((candidate) => candidate.rule === 'pinned' && isUnder(path, candidate.path));
    if (rule !== undefined) {
      return [
        `${name} ${printPath(path)} is ${show(field?.live)}, not ${show(field?.desired)}: ${rule.says ?? 'it is pinned'}`,
      ];
    }
    if (field?.by === undefined || isPersonsTool(field.by.manager) || ruleOf(path) === 'ours') return [];
    return [
      `${name} ${printPath(path)} is held by ${field.by.manager} (${show(field.live)}, wanted ${show(field.desired)})`,
    ];
  });
  return { fields, refusals, recreate: differing.some((path) => ruleOf(path) === 'recreate') };
}

function changed(desired: unknown, live: unknown, path: Path, rules: readonly FieldRule[]): Path[] {
  if (identity.some((fixed) => JSON.stringify(fixed) === JSON.stringify(path))) return [];
  if (isRecord(desired)) {
    if (!isRecord(live)) return live === undefined ? leaves(desired, path) : [path];
    return Object.entries(desired).flatMap(([key, value]) => changed(value, live[key], [...path, key], rules));
  }
  if (Array.isArray(desired)) {
    const same =
      Array.isArray(live) &&
      live.length === desired.length &&
      desired.every((item, index) => changed(item, live[index], [...path, index], rules).length === 0);
    return same ? [] : [path];
  }
  if (desired === live) return [];
  const byValue = rules.some((rule) => rule.rule === 'quantity' && isUnder(path, rule.path));
  return byValue && isQuantity(desired) && isQuantity(live) && equalQuantities(desired, live) ? [] : [path];
}

const isQuantity = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

function leaves(desired: Readonly<Record<string, unknown>>, path: Path): Path[] {
  return Object.entries(desired).flatMap(([key, value]) =>
    isRecord(value) ? leaves(value, [...path, key]) : [[...path, key]],
  );
}

function givenUp(desired: KubeObject, live: KubeObject, manager: string): Path[] {
  const entry = applyEntry(live, manager);
  if (entry === undefined) return [];
  return ownedPaths(entry).filter(
    (path) =>
      valueAt(desired, path) === undefined &&
      valueAt(live, path) !== undefined &&
      !stamps.some((stamp) => isUnder(path, stamp)),
  );
}

function fieldDiff(name: string, path: Path, desired: KubeObject, live: KubeObject): FieldDiff {
  const before = valueAt(live, path);
  const after = valueAt(desired, path);
  const by = before === undefined ? undefined : writerOf(live, path);
  return {
    object: name,
    path: printPath(path),
    ...(before === undefined ? {} : { live: before }),
    ...(after === undefined ? {} : { desired: after }),
    ...(by === undefined ? {} : { by }),
  };
}

const longest = 120;

/** Values in a reason stand in the middle of a sentence. */
function show(value: unknown): string {
  if (value === undefined) return '(none)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
