import type { Problem } from '../model/problem.ts';

/**
 * What was written, with its place. A node that was reached through an alias stands at the alias; what is below it stands
 * where it was written. `parent` and `key` give the path in the document, `at` the offset in the text.
 */
export type DocNode = MapNode | ListNode | ScalarNode;

interface Placed {
  readonly at: number;
  readonly parent: MapNode | ListNode | undefined;
  readonly key: string | number;
}

export interface MapNode extends Placed {
  readonly kind: 'map';
  readonly entries: Map<string, Entry>;
}

export interface Entry {
  readonly keyAt: number;
  readonly node: DocNode;
}

export interface ListNode extends Placed {
  readonly kind: 'list';
  readonly items: DocNode[];
}

export type Scalar = string | number | boolean | null;

interface ScalarNode extends Placed {
  readonly kind: 'scalar';
  readonly value: Scalar;
}

/** A place in the document: a node, or one key of a map. */
export interface Place {
  readonly node: DocNode;
  readonly key?: string;
}

/** What a rule found, before it is turned into a {@link Problem}. */
export interface Finding extends Place {
  readonly message: string;
  readonly suggestion?: string | undefined;
  /** Other places that take part. */
  readonly also?: readonly { readonly label: string; readonly node: DocNode }[];
}

export const child = (node: DocNode | undefined, key: string): DocNode | undefined =>
  node?.kind === 'map' ? node.entries.get(key)?.node : undefined;

/** The child's text; undefined when there is none or it is something else. */
export function text(node: DocNode | undefined, key: string): string | undefined {
  const found = child(node, key);
  return found?.kind === 'scalar' && typeof found.value === 'string' ? found.value : undefined;
}

export function mapAt(node: DocNode | undefined, key: string): MapNode | undefined {
  const found = child(node, key);
  return found?.kind === 'map' ? found : undefined;
}

/** The items of the child list; empty when there is none or it is something else. */
function itemsAt(node: DocNode | undefined, key: string): readonly DocNode[] {
  const found = child(node, key);
  return found?.kind === 'list' ? found.items : [];
}

/** The maps among the items of the child list. */
export const mapsAt = (node: DocNode | undefined, key: string): readonly MapNode[] =>
  itemsAt(node, key).filter((item) => item.kind === 'map');

/** Plain value of a node, as JSON would hold it. */
export function toValue(node: DocNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toValue);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toValue(entry.node)]));
}

/** Path as in `members[2].registrations[0].options`; empty for the document itself. */
export function pathOf(node: DocNode, key?: string): string {
  const parts: (string | number)[] = key === undefined ? [] : [key];
  for (let walk: DocNode = node; walk.parent !== undefined; walk = walk.parent) parts.unshift(walk.key);
  return formatPath(parts);
}

const formatPath = (parts: readonly (string | number)[]): string =>
  parts.reduce<string>((path, part) => {
    if (typeof part === 'number') return `${path}[${part}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(part)) return `${path}[${JSON.stringify(part)}]`;
    return path === '' ? part : `${path}.${part}`;
  }, '');

/** What was written by mistake and must not reach a CI log: user and password in a URL, a value under such a key. */
const secret =
  /(?<=:\/\/)[^\s'"]+(?=@)|(?<=\b(?:token|password|secret|[\w-]*key-?data)["']?\s*:\s*["']?)[^\s"',{}[\]]+/gi;

const stars = (found: string): string => '*'.repeat(found.length);

/** Columns stay where they are. */
const masked = (line: string): string => line.replace(secret, stars);

/** Lines up to this length are shown whole. */
const longLine = 1_000;
/** How much of a longer one is shown on each side of a problem, and how much beyond it is looked at for what makes a secret one. */
const shown = 200;

/**
 * Part of a long line. What is cut off where the looking begins may be a secret, or the key of one that follows; where it ends, a
 * password before an `@`.
 * @param offset where the problem stands in the line
 */
function partOf(line: string, offset: number): Pick<Problem, 'sourceLine' | 'sourceLineFrom'> {
  const from = Math.max(0, offset - shown);
  const seenFrom = Math.max(0, from - shown);
  const seenTo = Math.min(line.length, offset + 2 * shown);
  let seen = masked(line.slice(seenFrom, seenTo));
  if (seenFrom > 0) seen = seen.replace(/^[^\s'"]*[\s'":]*[^\s'"]*/, stars);
  if (seenTo < line.length) seen = seen.replace(/(?<=:\/\/)[^\s'"]+$/, stars);
  return { sourceLine: seen.slice(from - seenFrom, offset + shown - seenFrom), sourceLineFrom: from + 1 };
}

/** The text of one file, and where its lines start. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly #lineStarts: number[] = [0];

  /** @param file as the user named it, for messages */
  constructor(file: string, content: string) {
    this.file = file;
    this.text = content;
    for (let at = content.indexOf('\n'); at !== -1; at = content.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  /** Line and column (from 1) of an offset. */
  place(offset: number): { file: string; line: number; column: number } {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  /** A problem at an offset, with its source line. */
  problemAt(offset: number, problem: Pick<Problem, 'rule' | 'message' | 'path' | 'suggestion' | 'also'>): Problem {
    const { file, line, column } = this.place(offset);
    const start = this.#lineStarts[line - 1] ?? 0;
    const sourceLine = this.text.slice(start, (this.#lineStarts[line] ?? this.text.length + 1) - 1).replace(/\r$/, '');
    const source = sourceLine.length > longLine ? partOf(sourceLine, column - 1) : { sourceLine: masked(sourceLine) };
    return { ...problem, file, line, column, ...source };
  }

  problem(rule: string, finding: Finding): Problem {
    const path = pathOf(finding.node, finding.key);
    return this.problemAt(offsetOf(finding), {
      rule,
      message: finding.message,
      ...(path === '' ? {} : { path }),
      ...(finding.suggestion === undefined ? {} : { suggestion: finding.suggestion }),
      ...(finding.also === undefined || finding.also.length === 0
        ? {}
        : { also: finding.also.map(({ label, node }) => ({ label, ...this.place(node.at) })) }),
    });
  }
}

/** Where a place begins: its key if it names one, else its value. */
export function offsetOf(place: Place): number {
  if (place.key === undefined || place.node.kind !== 'map') return place.node.at;
  return place.node.entries.get(place.key)?.keyAt ?? place.node.at;
}
