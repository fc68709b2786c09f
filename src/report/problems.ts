import type { Problem } from '../model/problem.ts';
import { canonicalJson } from './canonical.ts';
import { hang, type Line, render } from './layout.ts';
import { columnsOf, plain } from './plain.ts';
import type { Style } from './style.ts';
import { counted } from './words.ts';

const place = ({ file, line, column }: { file: string; line?: number; column?: number }): string =>
  [file, line, column].filter((part) => part !== undefined).join(':');

/**
 * The source line with a caret under the column, both cut to a window around it where the line is longer than the terminal.
 * @param from column that `source` begins at; left out = it is the whole line
 */
function frame(line: number, column: number, source: string, from: number | undefined, style: Style): Line[] {
  const gutter = `  ${line} | `;
  const room = Math.max(20, style.width - gutter.length);
  const offset = Math.max(0, column - (from ?? 1));
  const start = offset < room - 10 ? 0 : offset - Math.floor(room / 2);
  const before = (start > 0 || (from ?? 1) > 1 ? '…' : '') + plain(source.slice(start, offset));
  const rest = plain(source.slice(offset, start + room - 2)) + (source.length > start + room - 2 ? '…' : '');
  const margin = `  ${' '.repeat(String(line).length)} | `;
  return [
    { lead: gutter, tone: 'faint', text: before + rest },
    { lead: `${margin}${' '.repeat(columnsOf(before))}^`, tone: 'danger', text: '' },
  ];
}

function problemLines(problem: Problem, style: Style): Line[] {
  const { line, column, sourceLine, sourceLineFrom, path, suggestion, also = [] } = problem;
  return [
    ...hang(`${place(problem)}: `, problem.message, style, { tone: 'danger', flat: true, indent: 2 }),
    ...(line !== undefined && column !== undefined && sourceLine !== undefined
      ? frame(line, column, sourceLine, sourceLineFrom, style)
      : []),
    ...(path === undefined || path === '' ? [] : hang('  at ', path, style)),
    ...(suggestion === undefined ? [] : hang('  ', suggestion, style)),
    ...also.flatMap((other) => hang(`  ${other.label}: `, place(other), style)),
  ];
}

/** Every problem of the fleet's files with its place, the source line and a caret; a count at the end. No problems: ''. */
export function problemsText(problems: readonly Problem[], style: Style): string {
  if (problems.length === 0) return '';
  const files = new Set(problems.map((problem) => problem.file)).size;
  const total = counted(problems.length, 'problem') + (files > 1 ? ` in ${files} files` : '');
  return render(
    [...problems.flatMap((problem) => [...problemLines(problem, style), { text: '' }]), { text: total }],
    style,
  );
}

/** The Validation document (plan.schema.json#/$defs/Validation) as canonical JSON. */
export const problemsJson = (problems: readonly Problem[]): string =>
  canonicalJson({ apiVersion: 'rollcall.dev/v1alpha1', kind: 'Validation', valid: problems.length === 0, problems });
