import {
  displayPath,
  elementsOf,
  fieldElement,
  type FieldSet,
  keyElement,
  pathUnder,
  valueElement,
} from './fieldset.ts';
import { fieldSchema, isDeclared, ownProperty, type Schema } from './schema.ts';
import { type Fields, isFields, sameValue } from './values.ts';

/** How a value takes part in merging: as a whole, field by field, or item by item. Null is a whole, or an empty container. */
type Shape = 'whole' | 'fields' | 'items';

function shapeOf(schema: Schema | undefined, value: unknown): Shape {
  if (isFields(value)) return schema?.atomic ? 'whole' : 'fields';
  if (Array.isArray(value)) return schema?.list ? 'items' : 'whole';
  if (value === null && schema?.type === 'object' && !schema.atomic) return 'fields';
  if (value === null && schema?.list) return 'items';
  return 'whole';
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function itemElement(schema: Schema | undefined, item: unknown): string {
  if (schema?.list !== 'map') return valueElement(item);
  const fields = fieldsOf(item);
  const keys = schema.keys ?? [];
  return keyElement(
    Object.fromEntries(keys.map((key) => [key, fields[key] ?? fieldSchema(schema.items, key)?.default ?? null])),
  );
}

const byElement = (schema: Schema | undefined, value: unknown): Map<string, unknown> =>
  new Map(itemsOf(value).map((item) => [itemElement(schema, item), item]));

const isEmpty = (value: unknown): boolean => Object.keys(fieldsOf(value)).length === 0 && itemsOf(value).length === 0;

/** @returns the fields that an applied object says something about */
export function fieldsSaid(schema: Schema | undefined, value: unknown): Set<string> {
  const set = new Set<string>();
  addFieldsSaid(schema, value, '', set);
  return set;
}

function addFieldsSaid(schema: Schema | undefined, value: unknown, path: string, set: Set<string>): void {
  const shape = shapeOf(schema, value);
  if (shape === 'whole' && path !== '') set.add(path);
  if (shape === 'fields') {
    for (const [name, child] of Object.entries(fieldsOf(value))) {
      const childPath = pathUnder(path, fieldElement(name));
      addFieldsSaid(fieldSchema(schema, name), child, childPath, set);
      const emptyMap = isFields(child) && Object.keys(child).length === 0;
      if (child === null || emptyMap || !ownProperty(schema, name)) set.add(childPath);
    }
  }
  if (shape === 'items') {
    for (const [element, item] of byElement(schema, value)) {
      const itemPath = pathUnder(path, element);
      addFieldsSaid(schema?.items, item, itemPath, set);
      set.add(itemPath);
    }
  }
}

/** What differs between two states of an object. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** @returns what differs; containers count as added or removed beside what is in them */
export function compareFields(schema: Schema | undefined, before: unknown, after: unknown): Comparison {
  const found = { added: new Set<string>(), modified: new Set<string>(), removed: new Set<string>() };
  compareAt(schema, before, after, '', found);
  return found;
}

type Found = Record<keyof Comparison, Set<string>>;

function compareAt(schema: Schema | undefined, before: unknown, after: unknown, path: string, found: Found): void {
  if (schema?.present && (before === undefined || after === undefined)) {
    const empty = schema.list ? [] : {};
    compareAt(schema, before ?? empty, after ?? empty, path, found);
    return;
  }
  const shape = commonShape(schema, before, after);
  if (shape === 'whole' || (isEmpty(before) && isEmpty(after))) {
    if (path === '') return;
    if (before === undefined) found.added.add(path);
    else if (after === undefined) found.removed.add(path);
    else if (!sameValue(before, after)) found.modified.add(path);
    return;
  }
  if (shape === 'fields') {
    const [old, now] = [fieldsOf(before), fieldsOf(after)];
    for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
      if (old[name] === undefined && now[name] === undefined) continue;
      compareAt(fieldSchema(schema, name), old[name], now[name], pathUnder(path, fieldElement(name)), found);
    }
  } else {
    const [old, now] = [byElement(schema, before), byElement(schema, after)];
    for (const element of new Set([...old.keys(), ...now.keys()])) {
      compareAt(schema?.items, old.get(element), now.get(element), pathUnder(path, element), found);
    }
  }
  if (path === '') return;
  if (before === undefined) found.added.add(path);
  else if (after === undefined) found.removed.add(path);
}

function commonShape(schema: Schema | undefined, before: unknown, after: unknown): Shape {
  if (before === undefined) return shapeOf(schema, after);
  if (after === undefined) return shapeOf(schema, before);
  const shape = shapeOf(schema, after);
  return shapeOf(schema, before) === shape ? shape : 'whole';
}

/** @returns `live` with what `applied` says laid over it; lists keep live-only items in place and take applied order */
export function mergeApplied<T>(schema: Schema | undefined, live: unknown, applied: T): T;
export function mergeApplied(schema: Schema | undefined, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (live === undefined || live === null) return applied;
  const shape = commonShape(schema, live, applied);
  if (shape === 'whole') return applied;
  if (applied === null) return live;
  if (shape === 'items') return mergeItems(schema, live, applied);
  const [old, said] = [fieldsOf(live), fieldsOf(applied)];
  const merged = Object.entries(said).map(([name, child]) => [
    name,
    mergeApplied(fieldSchema(schema, name), old[name], child),
  ]);
  return { ...old, ...Object.fromEntries(merged) };
}

function mergeItems(schema: Schema | undefined, live: unknown, applied: unknown): unknown[] {
  const [old, said] = [byElement(schema, live), byElement(schema, applied)];
  const waiting = [...said.keys()];
  const merged: unknown[] = [];
  const take = (count: number): void => {
    for (const element of waiting.splice(0, count)) {
      merged.push(mergeApplied(schema?.items, old.get(element), said.get(element)));
    }
  };
  for (const [element, item] of old) {
    const nextShared = waiting.find((candidate) => old.has(candidate));
    if (!said.has(element)) merged.push(item);
    else if (element === nextShared) take(waiting.indexOf(element) + 1);
  }
  take(waiting.length);
  return merged;
}

/** @returns `value` without the fields in `set` and what is below them; containers that run empty stay, empty */
export function removeFields<T>(schema: Schema | undefined, value: T, set: FieldSet): T;
export function removeFields(schema: Schema | undefined, value: unknown, set: FieldSet): unknown {
  return set.size === 0 ? value : removeAt(schema, value, '', set);
}

function removeAt(schema: Schema | undefined, value: unknown, path: string, set: FieldSet): unknown {
  const shape = shapeOf(schema, value);
  if (shape === 'whole' || value === null) return value;
  if (shape === 'fields') {
    const kept = Object.entries(fieldsOf(value))
      .map(([name, child]) => ({ name, child, at: pathUnder(path, fieldElement(name)) }))
      .filter(({ at }) => !set.has(at))
      .map(({ name, child, at }) => [name, removeAt(fieldSchema(schema, name), child, at, set)]);
    return Object.fromEntries(kept);
  }
  return itemsOf(value).flatMap((item) => {
    const at = pathUnder(path, itemElement(schema, item));
    return set.has(at) ? [] : [removeAt(schema?.items, item, at, set)];
  });
}

/** @returns the set, with every declared field above one of its members as a member too */
export function withDeclaredParents(schema: Schema | undefined, set: FieldSet): Set<string> {
  const all = new Set(set);
  for (const path of set) {
    let at = '';
    let typed = schema;
    for (const element of elementsOf(path)) {
      at = pathUnder(at, element);
      const isField = element.startsWith('f:');
      const name = element.slice(2);
      if (isField && ownProperty(typed, name)) all.add(at);
      typed = isField ? fieldSchema(typed, name) : typed?.items;
    }
  }
  return all;
}

/** @returns the paths of fields that the schema does not declare, as in `.spec.list[name="x"].colour` */
export function undeclaredFields(schema: Schema | undefined, value: unknown, path = ''): string[] {
  if (schema === undefined) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      undeclaredFields(
        schema.items,
        item,
        `${path}${schema.list ? displayPath(itemElement(schema, item)) : `[${index}]`}`,
      ),
    );
  }
  return Object.entries(fieldsOf(value)).flatMap(([name, child]) =>
    isDeclared(schema, name)
      ? undeclaredFields(fieldSchema(schema, name), child, `${path}.${name}`)
      : [`${path}.${name}`],
  );
}
