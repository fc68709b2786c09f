import type { Progress } from './progress.ts';
import { tally } from './progress-tally.ts';

/** At most ten redraws a second: every one is a synchronous rendering of the whole task (facts on listr2). */
const redrawMs = 100;

/** Runs `task` once after some milliseconds; the result takes it back. */
export type Schedule = (task: () => void, milliseconds: number) => () => void;

const byTimer: Schedule = (task, milliseconds) => {
  const timer = setTimeout(task, milliseconds);
  return () => clearTimeout(timer);
};

/** The one task on the screen. */
interface Screen {
  show(title: string, output: string): void;
}

interface TtyOptions {
  readonly total: number;
  readonly stream: NodeJS.WriteStream;
  readonly color: boolean;
  readonly schedule?: Schedule;
}

/** Loads listr2 and keeps its one task on the screen until `until` resolves. */
async function openScreen(
  { stream, color }: TtyOptions,
  until: Promise<void>,
  opened: (screen: Screen) => void,
): Promise<void> {
  const { Listr, ListrDefaultRendererLogLevels: level, ListrLogger, ProcessOutput } = await import('listr2');
  const uncolored = (text?: string): string => text ?? '';
  // What others write to the terminal meanwhile is held back and printed after the end.
  const processOutput = new ProcessOutput(stream, undefined, { leaveEmptyLine: false });
  await new Listr(
    [
      {
        title: 'starting',
        task: (_context, task) => {
          opened({
            show: (title, output) => {
              task.title = title;
              task.output = output;
            },
          });
          return until;
        },
        rendererOptions: { outputBar: true },
      },
    ],
    {
      // Interrupts belong to the program: its handler lets steps in flight finish, listr2's would end the process.
      registerSignalListeners: false,
      fallbackRenderer: 'silent',
      rendererOptions: {
        clearOutput: true,
        formatOutput: 'truncate',
        logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput }),
        ...(color
          ? {}
          : { color: { [level.PENDING]: uncolored, [level.COMPLETED]: uncolored, [level.OUTPUT]: uncolored } }),
      },
    },
  ).run();
}

/**
 * One listr2 task on a terminal: a title with counts and names, and below it what is waited for. It is gone when closed, so that
 * the summary stands alone. A display that cannot be drawn says so once and never disturbs the run.
 */
export function ttyProgress(options: TtyOptions): Progress {
  const { total, stream, schedule = byTimer } = options;
  const state = tally(total);
  const { promise: closed, resolve: end } = Promise.withResolvers<void>();
  let drawn: Promise<void> | undefined;
  let screen: Screen | undefined;
  let cancel: (() => void) | undefined;
  const redraw = (): void => {
    // Indentation, icon and spinner stand before the text.
    const columns = Math.max(20, (stream.columns ?? 80) - 6);
    screen?.show(state.title(columns), state.waiting(columns).join('\n'));
  };
  const open = (): Promise<void> =>
    openScreen(options, closed, (opened) => {
      screen = opened;
      redraw();
    }).catch((error: unknown) => {
      stream.write(`progress cannot be shown: ${error instanceof Error ? error.message : String(error)}\n`);
    });
  return {
    event(event) {
      state.add(event);
      drawn ??= open();
      cancel ??= schedule(() => {
        cancel = undefined;
        redraw();
      }, redrawMs);
    },
    async close() {
      cancel?.();
      end();
      await drawn;
    },
  };
}
