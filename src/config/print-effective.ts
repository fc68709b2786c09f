import { dump } from 'js-yaml';
import type { Assembled } from './assemble.ts';
import { child, type DocNode, type MapNode, mapAt, type Scalar, type SourceText, text } from './document.ts';
import type { FleetFolder } from './folder.ts';
import { accessKind } from './merge.ts';
import { escapeTemplates } from './templates.ts';

/**
 * The fleet with defaults and groups applied, as a file that means the same without them: paths absolute, every value followed
 * by where it came from.
 */
export function printEffective(fleet: Assembled, source: SourceText, folder: FleetFolder): string {
  return new Printer(fleet, source, folder).print();
}

const pathKeys = new Set(['kubeconfig', 'caFile', 'tokenFile']);
/** Text that no version of YAML takes for anything else; the rest is left to the library to quote. */
const plain = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[a-z](?:[\w./@-]*\w)?$/i;

class Printer {
  readonly #fleet: Assembled;
  readonly #source: SourceText;
  readonly #folder: FleetFolder;
  readonly #lines: string[] = [];

  constructor(fleet: Assembled, source: SourceText, folder: FleetFolder) {
    this.#fleet = fleet;
    this.#source = source;
    this.#folder = folder;
  }

  print(): string {
    this.#lines.push('apiVersion: rollcall.dev/v1alpha1', 'kind: Fleet');
    const root = this.#fleet.root;
    const fleetName = child(root, 'name');
    if (fleetName !== undefined) this.#entry('', 'name', fleetName);
    this.#lines.push('hubs:');
    for (const { name, node } of this.#fleet.hubs) this.#cluster(node, name, undefined);
    this.#lines.push(this.#fleet.members.length === 0 ? 'members: []' : 'members:');
    for (const { name, node, registrations } of this.#fleet.members) {
      this.#cluster(
        node,
        name,
        registrations.map((registration) => registration.node),
      );
    }
    return `${this.#lines.join('\n')}\n`;
  }

  /** One hub or member, with its access spelled out. */
  #cluster(node: MapNode, name: string, registrations: readonly MapNode[] | undefined): void {
    const first = this.#lines.length;
    for (const [key, entry] of node.entries) if (key !== 'access') this.#entry('    ', key, entry.node);
    this.#lines.push('    access:');
    const access = mapAt(node, 'access');
    for (const [key, entry] of access?.entries ?? []) this.#entry('      ', key, entry.node);
    const isByContext = access === undefined || accessKind(access) === 'kubeconfig';
    if (isByContext && text(access, 'context') === undefined)
      this.#lines.push(`      context: ${scalar(name)} # default: the name`);
    if (registrations !== undefined) this.#list('    ', 'registrations', registrations);
    this.#lines[first] = `  - ${(this.#lines[first] ?? '').trimStart()}`;
  }

  #entry(indent: string, key: string, node: DocNode): void {
    if (node.kind === 'list') return this.#list(indent, key, node.items);
    if (node.kind === 'scalar') {
      this.#lines.push(`${indent}${scalar(key)}: ${this.#value(key, node.value)} # ${this.#origin(node)}`);
      return;
    }
    this.#lines.push(`${indent}${scalar(key)}:${node.entries.size === 0 ? ` {} # ${this.#origin(node)}` : ''}`);
    for (const [inner, entry] of node.entries) this.#entry(`${indent}  `, inner, entry.node);
  }

  #list(indent: string, key: string, items: readonly DocNode[]): void {
    this.#lines.push(`${indent}${scalar(key)}:${items.length === 0 ? ' []' : ''}`);
    for (const item of items) {
      if (item.kind === 'scalar') {
        this.#lines.push(`${indent}  - ${this.#value(key, item.value)} # ${this.#origin(item)}`);
        continue;
      }
      const first = this.#lines.length;
      if (item.kind === 'map')
        for (const [inner, entry] of item.entries) this.#entry(`${indent}    `, inner, entry.node);
      if (this.#lines.length === first) this.#lines.push('{}');
      this.#lines[first] = `${indent}  - ${(this.#lines[first] ?? '').trimStart()}`;
    }
  }

  #value(key: string, value: Scalar): string {
    if (typeof value !== 'string') return String(value);
    return scalar(escapeTemplates(pathKeys.has(key) ? this.#folder.absolute(value) : value));
  }

  #origin(node: DocNode): string {
    const { file, line } = this.#source.place(node.at);
    const layer = this.#layerOf(node);
    return `${layer === undefined ? '' : `from ${layer}, `}${file}:${line}`;
  }

  #layerOf(node: DocNode): string | undefined {
    let below: DocNode = node;
    for (let walk = node.parent; walk?.parent !== undefined; walk = walk.parent) {
      if (walk.kind === 'list' && walk.key === 'groups' && walk.parent.parent === undefined)
        return `group ${text(below, 'name') ?? ''}`;
      below = walk;
    }
    return below.key === 'defaults' ? 'defaults' : undefined;
  }
}

function scalar(value: string): string {
  if (plain.test(value)) return value;
  return value.includes('\n') ? JSON.stringify(value) : dump(value, { lineWidth: -1 }).trimEnd();
}
