import type { Problem } from '../model/problem.ts';
import { type DocNode, type Finding, type MapNode, offsetOf, type SourceText } from './document.ts';

/** A member that a finding concerns; named where the finding stands elsewhere, in defaults or a group. */
export interface Concerned {
  readonly name: string;
  readonly written: MapNode;
}

const namedMembers = 3;

interface Kept {
  readonly rule: string;
  readonly finding: Finding;
  readonly members: Concerned[];
}

/**
 * Collects findings. One value in the defaults can be wrong for thousands of members: that is one problem, which names the
 * first few of them.
 */
export class Findings {
  readonly #source: SourceText;
  readonly #kept = new Map<string, Kept>();

  constructor(source: SourceText) {
    this.#source = source;
  }

  add(rule: string, finding: Finding, member?: Concerned): void {
    const isElsewhere = member !== undefined && !isInside(finding.node, member.written);
    const id = `${rule}\n${offsetOf(finding)}\n${isElsewhere ? '' : finding.message}`;
    const kept = this.#kept.get(id) ?? { rule, finding, members: [] };
    this.#kept.set(id, kept);
    if (isElsewhere) kept.members.push(member);
  }

  /** Where something was found. */
  offsets(): readonly number[] {
    return [...this.#kept.values()].map(({ finding }) => offsetOf(finding));
  }

  /** @param except offsets that already have a problem: the rest about them would only repeat it */
  problems(except: ReadonlySet<number> = new Set()): readonly Problem[] {
    return [...this.#kept.values()]
      .filter(({ finding }) => !except.has(offsetOf(finding)))
      .map(({ rule, finding, members }) =>
        this.#source.problem(rule, {
          ...finding,
          also: [...(finding.also ?? []), ...members.slice(0, namedMembers).map(named(members.length))],
        }),
      );
  }
}

const named =
  (total: number) =>
  (member: Concerned, index: number): { label: string; node: DocNode } => {
    const others = index === namedMembers - 1 && total > namedMembers ? ` and ${total - namedMembers} more` : '';
    return { label: `member ${member.name}${others}`, node: member.written };
  };

function isInside(node: DocNode, outer: MapNode): boolean {
  for (let walk: DocNode | undefined = node; walk !== undefined; walk = walk.parent) {
    if (walk.at === outer.at && walk.key === outer.key) return true;
  }
  return false;
}
