import { PassThrough, Writable } from 'node:stream';
import { explain } from '../../src/cli/failure.ts';
import type { Interrupt, Io } from '../../src/cli/io.ts';
import { program } from '../../src/cli/program.ts';

export interface RunSettings {
  readonly cwd: string;
  readonly homeFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What standard input holds; default nothing. */
  readonly stdin?: string;
  /** Both ends are a terminal of this many columns. */
  readonly terminal?: number;
  readonly interrupt?: Interrupt;
  /** Sees standard output as it is written. */
  readonly onOutput?: (text: string, all: string) => void;
}

/** What a user sees of one run. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A Ctrl-C that tests press. */
export function interrupter(): Interrupt & { press(code: number): void } {
  const controller = new AbortController();
  let code: number | undefined;
  return {
    signal: controller.signal,
    exitCode: () => code,
    hold: () => () => {},
    press: (pressed) => {
      code ??= pressed;
      controller.abort();
    },
  };
}

/** Runs one command line in this process, as src/main.ts does. */
export async function run(argv: readonly string[], settings: RunSettings): Promise<Ran> {
  const { terminal, cwd, env, homeFolder } = settings;
  const texts = { out: '', err: '' };
  const stream = (name: 'out' | 'err'): NodeJS.WriteStream => {
    const sink = new Writable({
      write(chunk, _encoding, callback) {
        texts[name] += String(chunk);
        if (name === 'out') settings.onOutput?.(String(chunk), texts.out);
        callback();
      },
    });
    // A terminal as far as the program looks at one.
    const screen = terminal === undefined ? {} : { columns: terminal, rows: 40 };
    return Object.assign(sink, { isTTY: terminal !== undefined, ...screen }) as unknown as NodeJS.WriteStream;
  };
  const stdin = new PassThrough();
  stdin.end(settings.stdin ?? '');
  const io: Io = {
    stdout: stream('out'),
    stderr: stream('err'),
    stdin: Object.assign(stdin, { isTTY: terminal !== undefined }) as unknown as NodeJS.ReadStream,
    env,
    cwd,
    homeFolder,
    operator: 'tester@here',
    interrupt: settings.interrupt ?? interrupter(),
  };
  let code: number;
  try {
    code = await program(argv, io);
  } catch (error) {
    code = explain(error, argv, io);
  }
  return { code, ...texts };
}
