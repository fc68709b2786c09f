import type { Fleet } from '../model/fleet.ts';
import type { Problem } from '../model/problem.ts';
import { type Assembled, assemble } from './assemble.ts';
import { type DocNode, offsetOf, type Place, type SourceText } from './document.ts';
import { Findings } from './findings.ts';
import { FleetFolder } from './folder.ts';
import { printEffective } from './print-effective.ts';
import { readFleetText } from './read.ts';
import { foreignFile } from './recognise.ts';
import { resolveFleet } from './resolve.ts';
import { checkRules, checkWarnings } from './rules.ts';
import { validateDocument } from './schema.ts';
import type { SchemaPath } from './schema-tree.ts';
import { parseYaml } from './yaml.ts';

export interface LoadOptions {
  /** What `-f` said; `-` reads `stdin`; left out, fleet.yaml, fleet.yml or fleet.json of `cwd`. */
  readonly file?: string | undefined;
  /** Absolute. */
  readonly cwd: string;
  /** From `--var NAME=value`; wins over `ROLLCALL_VAR_NAME` of `env`. */
  readonly vars: Readonly<Record<string, string>>;
  /** Read for ROLLCALL_VAR_* and KUBECONFIG only. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** All of standard input, for `-f -`. */
  readonly stdin?: () => Promise<Uint8Array>;
}

export interface LoadedFleet {
  readonly fleet: Fleet;
  readonly warnings: readonly Problem[];
  /** The resolved file as YAML, each value with the place it came from. */
  effective(): string;
}

/** Everything that is wrong with the file, by position. */
export interface FleetProblems {
  readonly problems: readonly Problem[];
}

/**
 * Reads, checks and resolves the fleet file. No cluster is contacted and nothing of the file is run. Never throws for what
 * the file says or for a file that cannot be read: those are problems.
 */
export async function loadFleet(options: LoadOptions): Promise<LoadedFleet | FleetProblems> {
  const read = await readFleetText(options);
  if ('problems' in read) return read;
  const { source } = read;
  const parsed = parseYaml(source);
  if ('problems' in parsed) return { problems: inOrder(parsed.problems) };
  const foreign = foreignFile(parsed.root, source);
  if (foreign !== undefined) return { problems: [foreign] };

  const schemaPlaces = validateDocument(parsed.value).map((problem) => ({
    ...problem,
    ...placeOf(parsed.root, problem.path, problem.key),
  }));
  const filling = new Findings(source);
  const checking = new Findings(source);
  const variable = (name: string): string | undefined =>
    Object.hasOwn(options.vars, name) ? options.vars[name] : options.env[`ROLLCALL_VAR_${name}`];
  const folder = new FleetFolder(read.folder, options.env.KUBECONFIG, options.cwd);
  const assembled = assemble(parsed.root, variable, filling);
  checkRules(assembled, folder, checking);
  // Every stage runs, whatever the one before found; but about one place only the first of them speaks.
  const known = new Set(schemaPlaces.map(offsetOf));
  const problems = [...schemaPlaces.map((place) => source.problem(place.rule, place)), ...filling.problems(known)];
  for (const offset of filling.offsets()) known.add(offset);
  problems.push(...checking.problems(known));
  if (problems.length > 0) return { problems: inOrder(problems) };
  return finish(assembled, source, folder);
}

function finish(assembled: Assembled, source: SourceText, folder: FleetFolder): LoadedFleet | FleetProblems {
  const findings = new Findings(source);
  const fleet = resolveFleet(assembled, source, folder, findings);
  const problems = findings.problems();
  if (problems.length > 0) return { problems: inOrder(problems) };
  const warnings = new Findings(source);
  checkWarnings(assembled, warnings);
  return { fleet, warnings: inOrder(warnings.problems()), effective: () => printEffective(assembled, source, folder) };
}

/** The node at a path; the deepest one there is, where the path leads into nothing. */
function placeOf(root: DocNode, path: SchemaPath, key: string | undefined): Place {
  let node = root;
  for (const part of path) {
    const next: DocNode | undefined =
      typeof part === 'number'
        ? node.kind === 'list'
          ? node.items[part]
          : undefined
        : node.kind === 'map'
          ? node.entries.get(part)?.node
          : undefined;
    if (next === undefined) break;
    node = next;
  }
  return key === undefined ? { node } : { node, key };
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted(
    (a, b) =>
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      (a.rule < b.rule ? -1 : Number(a.rule > b.rule)),
  );
}
