import type { Assembled, AssembledMember } from '../assemble.ts';
import { child, type DocNode, type Finding, type MapNode } from '../document.ts';
import type { FleetFolder } from '../folder.ts';

/** Says what is wrong. `member` is the one it is wrong for, where the value may come from defaults or a group. */
export type Say = (finding: Finding, member?: AssembledMember) => void;

/** Checks what a schema cannot: one sort of mistake, over the whole fleet. The name it is registered under is the problem's `rule`. */
export type Rule = (fleet: Assembled, say: Say, folder: FleetFolder) => void;

export interface TextNode {
  readonly node: DocNode;
  readonly value: string;
}

/** A child that is text, with its place. */
export function textAt(map: MapNode | undefined, key: string): TextNode | undefined {
  const node = child(map, key);
  return node?.kind === 'scalar' && typeof node.value === 'string' ? { node, value: node.value } : undefined;
}

/** A child that is a number, with its place. */
export function numberAt(map: MapNode | undefined, key: string): { node: DocNode; value: number } | undefined {
  const node = child(map, key);
  return node?.kind === 'scalar' && typeof node.value === 'number' ? { node, value: node.value } : undefined;
}
