import {
  CORE_SCHEMA,
  constructFromEvents,
  type Event,
  EVENT_ID,
  getScalarValue,
  mergeTag,
  SCALAR_STYLE,
  YAMLException,
} from 'js-yaml';
import type { Problem } from '../model/problem.ts';
import type { DocNode, Entry, ListNode, MapNode, Scalar, SourceText } from './document.ts';

/** What aliases may expand to: far above a fleet of thousands, far below what would hurt. */
const maxNodes = 2_000_000;
export const maxDepth = 100;
/** Plain values only: every tag beyond the core schema is refused. */
export const schema = CORE_SCHEMA.withTags(mergeTag);

/** Where a person would point: at the quote of a quoted text, at the `*` of an alias. */
export function startOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) {
    const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
    return isQuoted ? event.valueStart - 1 : event.valueStart;
  }
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
  return event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE ? event.start : -1;
}

/** How much an anchored node is once its aliases are expanded. */
interface Extent {
  readonly nodes: number;
  readonly depth: number;
}

/** Walks the events beside the constructed value and remembers where everything stands. */
export class TreeBuilder {
  readonly problems: Problem[] = [];
  readonly #source: SourceText;
  readonly #events: readonly Event[];
  readonly #anchors = new Map<string, DocNode>();
  /** Of anchored nodes that are complete: an alias to one that is still open would contain itself. */
  readonly #extents = new Map<DocNode, Extent>();
  #next = 0;
  /** Where the latest event stood: the place of an empty value, which has none of its own. */
  #last = 0;
  #nodes = 0;
  #depth = 0;
  #deepest = 0;

  constructor(source: SourceText, events: readonly Event[]) {
    this.#source = source;
    this.#events = events;
  }

  build(value: unknown): DocNode {
    this.#next = 1; // the document event
    return this.#node(value, undefined, '');
  }

  #take(): Event {
    const event = this.#events[this.#next++];
    if (event === undefined) throw new YAMLException('unexpected end of the file');
    return event;
  }

  #node(value: unknown, parent: MapNode | ListNode | undefined, key: string | number): DocNode {
    const event = this.#take();
    const start = startOf(event);
    const at = start >= 0 ? start : this.#last;
    if (at > this.#last) this.#last = at;
    if (event.type === EVENT_ID.ALIAS)
      return this.#alias(this.#source.text.slice(event.anchorStart, event.anchorEnd), at, parent, key);
    const nodesBefore = this.#nodes;
    const deepestBefore = this.#deepest;
    this.#nodes += 1;
    this.#depth += 1;
    this.#deepest = this.#depth;
    const node = this.#create(event, value, at, parent, key);
    const anchorStart = 'anchorStart' in event ? event.anchorStart : -1;
    if (anchorStart >= 0 && 'anchorEnd' in event)
      this.#anchors.set(this.#source.text.slice(anchorStart, event.anchorEnd), node);
    if (node.kind === 'map') this.#map(node, value);
    else if (node.kind === 'list') this.#list(node, value);
    if (anchorStart >= 0)
      this.#extents.set(node, { nodes: this.#nodes - nodesBefore, depth: this.#deepest - this.#depth + 1 });
    this.#depth -= 1;
    if (deepestBefore > this.#deepest) this.#deepest = deepestBefore;
    return node;
  }

  #create(
    event: Event,
    value: unknown,
    at: number,
    parent: MapNode | ListNode | undefined,
    key: string | number,
  ): DocNode {
    if (event.type === EVENT_ID.MAPPING) return { kind: 'map', at, parent, key, entries: new Map() };
    if (event.type === EVENT_ID.SEQUENCE) return { kind: 'list', at, parent, key, items: [] };
    return { kind: 'scalar', at, parent, key, value: isScalar(value) ? value : this.#scalar(event) };
  }

  #list(node: ListNode, value: unknown): void {
    const values = Array.isArray(value) ? value : [];
    for (let index = 0; this.#events[this.#next]?.type !== EVENT_ID.POP; index++) {
      node.items.push(this.#node(values[index], node, index));
    }
    this.#next += 1;
  }

  #map(node: MapNode, value: unknown): void {
    const merged = new Set<string>();
    while (this.#events[this.#next]?.type !== EVENT_ID.POP) {
      const { key, keyAt, isMerge } = this.#key(value);
      const held = valueAt(value, key);
      if (isMerge) {
        this.#merge(node, merged, this.#node(undefined, node, key));
        continue;
      }
      const entry: Entry = { keyAt, node: this.#node(held, node, key) };
      const first = node.entries.get(key);
      if (first !== undefined && !merged.has(key)) this.#duplicate(key, keyAt, first);
      merged.delete(key);
      node.entries.set(key, entry);
    }
    this.#next += 1;
  }

  #key(value: unknown): { key: string; keyAt: number; isMerge: boolean } {
    const event = this.#take();
    if (event.type !== EVENT_ID.SCALAR) throw new YAMLException('a key must be plain text', undefined);
    const keyAt = event.valueStart >= 0 ? startOf(event) : this.#last;
    this.#last = keyAt;
    const written = event.valueStart >= 0 ? getScalarValue(this.#source.text, event) : '';
    const isMerge = written === '<<' && event.style === SCALAR_STYLE.PLAIN;
    if (isMerge || valueAt(value, written) !== undefined) return { key: written, keyAt, isMerge };
    // A key such as `0x10` or `~`: the constructed map holds it under the text of its value.
    return { key: String(this.#scalar(event)), keyAt, isMerge };
  }

  /** The value of a scalar that the constructed value does not hold in its place. */
  #scalar(event: Event): Scalar {
    const document = { type: EVENT_ID.DOCUMENT, explicitStart: false, explicitEnd: false, directives: [] };
    const [value] = constructFromEvents([document, event, { type: EVENT_ID.POP }], {
      source: this.#source.text,
      schema,
    });
    return isScalar(value) ? value : null;
  }

  #alias(name: string, at: number, parent: MapNode | ListNode | undefined, key: string | number): DocNode {
    const target = this.#anchors.get(name);
    const extent = target === undefined ? undefined : this.#extents.get(target);
    if (target === undefined || extent === undefined) {
      this.problems.push(this.#source.problemAt(at, { rule: 'yaml-alias', message: `alias *${name} contains itself` }));
      return { kind: 'scalar', at, parent, key, value: null };
    }
    this.#nodes += extent.nodes;
    this.#deepest = Math.max(this.#deepest, this.#depth + extent.depth);
    if (this.#nodes > maxNodes || this.#deepest > maxDepth) {
      const message = 'aliases expand to more than a fleet can be; write the values out, or use defaults and groups';
      YAMLException.throwAt(this.#source.text, at, message);
    }
    return { ...target, at, parent, key };
  }

  #merge(node: MapNode, merged: Set<string>, from: DocNode): void {
    for (const source of from.kind === 'list' ? from.items : [from]) {
      if (source.kind !== 'map') continue;
      for (const [key, entry] of source.entries) {
        if (node.entries.has(key)) continue;
        node.entries.set(key, entry);
        merged.add(key);
      }
    }
  }

  #duplicate(key: string, keyAt: number, first: Entry): void {
    const also = [{ label: 'first', ...this.#source.place(first.keyAt) }];
    this.problems.push(
      this.#source.problemAt(keyAt, {
        rule: 'duplicate-key',
        message: `key "${key}" is written twice in one map`,
        also,
      }),
    );
  }
}

const valueAt = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;

const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
