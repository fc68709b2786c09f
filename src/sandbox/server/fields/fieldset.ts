import { canonicalJson, type Fields, isFields } from './values.ts';

/**
 * A set of fields of one object. Each is a path of elements in the encoding of fieldsV1 (`f:name`, `k:{"name":"x"}`,
 * `v:"x"`), joined by {@link separator}; being in the set says nothing about the fields above or below it.
 */
export type FieldSet = ReadonlySet<string>;

/** Cannot occur in an element: keys and values are JSON, names of fields hold no line break. */
const separator = '\n';

/** @returns the path of `element` under `parent`; the object itself is the empty path */
export const pathUnder = (parent: string, element: string): string =>
  parent === '' ? element : parent + separator + element;

export const fieldElement = (name: string): string => `f:${name}`;
export const valueElement = (value: unknown): string => `v:${canonicalJson(value)}`;
export const keyElement = (key: Fields): string => `k:${canonicalJson(key)}`;

export const elementsOf = (path: string): string[] => path.split(separator);

export function union(...sets: readonly FieldSet[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}

export function without(set: FieldSet, other: FieldSet): Set<string> {
  return new Set([...set].filter((path) => !other.has(path)));
}

export function common(set: FieldSet, other: FieldSet): Set<string> {
  return new Set([...set].filter((path) => other.has(path)));
}

export const sameSet = (a: FieldSet, b: FieldSet): boolean => a.size === b.size && [...a].every((path) => b.has(path));

interface Node {
  member: boolean;
  readonly children: Map<string, Node>;
}

/** @returns the set as managedFields carries it: nested, `.` where an inner node is itself a member, keys sorted */
export function encodeFields(set: FieldSet): Record<string, unknown> {
  const root: Node = { member: false, children: new Map() };
  for (const path of set) {
    let node = root;
    for (const element of elementsOf(path)) {
      const next = node.children.get(element) ?? { member: false, children: new Map() };
      node.children.set(element, next);
      node = next;
    }
    node.member = true;
  }
  return encodeNode(root);
}

function encodeNode(node: Node): Record<string, unknown> {
  const children = [...node.children].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const encoded = children.map(([element, child]) => [element, encodeNode(child)] as const);
  return Object.fromEntries(node.member && encoded.length > 0 ? [['.', {}], ...encoded] : encoded);
}

/** @returns the set that a fieldsV1 document says; elements of unknown form are taken as they are */
export function decodeFields(fieldsV1: Fields): Set<string> {
  const set = new Set<string>();
  decodeNode(fieldsV1, '', set);
  return set;
}

function decodeNode(node: Fields, path: string, set: Set<string>): void {
  for (const [element, child] of Object.entries(node)) {
    if (element === '.') continue;
    const childPath = pathUnder(path, element);
    const inner = isFields(child) ? Object.keys(child) : [];
    if (inner.length === 0 || inner.includes('.')) set.add(childPath);
    if (isFields(child)) decodeNode(child, childPath, set);
  }
}

/** @returns a path for people, as conflicts name it: `.spec.list[name="x"].colour` */
export function displayPath(path: string): string {
  return elementsOf(path).map(displayElement).join('');
}

function displayElement(element: string): string {
  const content = element.slice(2);
  if (element.startsWith('f:')) return `.${content}`;
  if (element.startsWith('v:')) return `[=${content}]`;
  const key: unknown = JSON.parse(content);
  const pairs = isFields(key) ? Object.entries(key).map(([name, value]) => `${name}=${JSON.stringify(value)}`) : [];
  return `[${pairs.join(',')}]`;
}
