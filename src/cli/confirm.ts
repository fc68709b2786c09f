import { createInterface } from 'node:readline/promises';
import { exitCodes, RunError } from '../model/errors.ts';
import type { Io } from './io.ts';

/** What to do where nobody can be asked. */
export const passYes = 'review the plan, then pass --yes';

/**
 * Asks at the terminal; only `yes` is a yes.
 * @throws RunError exit 4 without a terminal, or when the answer is anything else; exit 130 at Ctrl-C
 */
export async function confirm(question: string, io: Io): Promise<void> {
  if (!io.stdin.isTTY || !io.stdout.isTTY) {
    throw new RunError(
      exitCodes.refused,
      'not confirmed: there is no terminal to ask at; nothing was changed',
      passYes,
    );
  }
  const lines = createInterface({ input: io.stdin, output: io.stdout });
  const release = io.interrupt.hold();
  let interrupted = false;
  lines.on('SIGINT', () => {
    interrupted = true;
    lines.close();
  });
  try {
    const answer = await Promise.race([
      lines.question(`${question} Only yes is accepted: `),
      new Promise<string>((resolve) => lines.once('close', () => resolve(''))),
    ]);
    if (interrupted) throw new RunError(exitCodes.interrupted, 'interrupted; nothing was changed');
    if (answer.trim() !== 'yes') throw new RunError(exitCodes.refused, 'not confirmed; nothing was changed');
  } finally {
    release();
    lines.close();
  }
}
