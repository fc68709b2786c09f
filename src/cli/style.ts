import type { Style } from '../report/style.ts';
import type { Io } from './io.ts';

/** Columns where no terminal says otherwise: short enough for a ticket, long enough for a reason. */
const plainWidth = 100;

/** @returns how to lay out text for a stream: colours only on a terminal, unless --no-color, NO_COLOR or TERM=dumb */
export function styleOf(stream: NodeJS.WriteStream, options: { readonly color: boolean }, { env }: Io): Style {
  const noColor = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return { color: stream.isTTY && options.color && !noColor, width: stream.isTTY ? stream.columns || 80 : plainWidth };
}
