import type { ClusterError, RunError } from '../model/errors.ts';
import { hang, render } from './layout.ts';
import type { Style } from './style.ts';

/**
 * An error that ends the run, for people: `where: what`, who holds which fields of a conflict, and what to do next. Never a
 * stack; `where` is the hub, member or file it is about.
 */
export function causeText(error: RunError | ClusterError, style: Style, where?: string): string {
  const conflicts = 'conflicts' in error ? error.conflicts : [];
  return render(
    [
      ...hang(where === undefined ? '' : `${where}: `, error.message, style, { tone: 'danger', flat: true, indent: 2 }),
      ...conflicts.flatMap(({ field, manager }) => hang('  ', `${field} is held by ${manager}`, style)),
      ...(error.next === undefined ? [] : hang('  next: ', error.next, style)),
    ],
    style,
  );
}
