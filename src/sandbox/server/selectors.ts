import type { KubeObject } from '../../model/cluster.ts';
import { badRequest } from './status.ts';

/** A parsed label selector: says whether an object is selected. */
export type Selects = (object: KubeObject) => boolean;

const requirement =
  /^\s*(?:(!)\s*([\w./-]+)|([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)|([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)|([\w./-]+)\s*(>|<)\s*(-?\d+)|([\w./-]+))\s*$/;

function splitRequirements(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function parseRequirement(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const match = requirement.exec(text);
  if (!match) throw badRequest(`unable to parse requirement: found '${text.trim()}'`);
  const [, not, absent, setKey, operator, values, key, equality, value, numberKey, order, number, present] = match;
  if (not !== undefined && absent !== undefined) return (labels) => !Object.hasOwn(labels, absent);
  if (setKey !== undefined && values !== undefined) {
    const set = new Set(values.split(',').map((entry) => entry.trim()));
    return operator === 'in'
      ? (labels) => Object.hasOwn(labels, setKey) && set.has(labels[setKey] ?? '')
      : (labels) => !(Object.hasOwn(labels, setKey) && set.has(labels[setKey] ?? ''));
  }
  if (key !== undefined) {
    return equality === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  if (numberKey !== undefined) {
    const bound = Number(number);
    return (labels) => {
      const found = labels[numberKey];
      if (found === undefined || !/^-?\d+$/.test(found)) return false;
      return order === '>' ? Number(found) > bound : Number(found) < bound;
    };
  }
  return (labels) => Object.hasOwn(labels, present ?? '');
}

/**
 * Parses a label selector: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, joined by commas.
 * @throws ApiError 400
 */
export function labelSelector(text: string): Selects {
  if (text.trim() === '') return () => true;
  const all = splitRequirements(text).map(parseRequirement);
  return (object) => {
    const labels = object.metadata.labels ?? {};
    return all.every((holds) => holds(labels));
  };
}

function fieldText(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const name of path.split('.')) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  }
  return value === undefined || value === null ? '' : String(value);
}

/**
 * Parses a field selector over the fields a type declares selectable (`metadata.name` and `metadata.namespace` always are).
 * @throws ApiError 400 for another field
 */
export function fieldSelector(text: string, selectable: readonly string[]): Selects {
  if (text.trim() === '') return () => true;
  const known = ['metadata.name', 'metadata.namespace', ...selectable];
  const all = text.split(',').map((part) => {
    const match = /^([\w./-]+?)(==|!=|=)(.*)$/.exec(part.trim());
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, path = '', operator, value] = match;
    if (!known.includes(path)) {
      throw badRequest(`"${path}" is not a known field selector: only ${known.map((name) => `"${name}"`).join(', ')}`);
    }
    return (object: KubeObject) => (fieldText(object, path) === value) === (operator !== '!=');
  });
  return (object) => all.every((holds) => holds(object));
}

/** @returns the name a field selector pins with `metadata.name=`, as authorization sees it */
export function selectedName(fieldSelectorText: string): string | undefined {
  const match = /(?:^|,)metadata\.name==?([^,]+)/.exec(fieldSelectorText);
  return match?.[1];
}
