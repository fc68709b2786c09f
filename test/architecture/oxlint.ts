import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** The folder of this project. */
export const root = join(import.meta.dirname, '../..');

const program = join(root, 'node_modules/oxlint/bin/oxlint');

export interface Finding {
  /** Relative to the folder that was linted. */
  readonly filename: string;
  /** Plugin and rule, as in `typescript(no-explicit-any)`. */
  readonly code: string;
  /** What this project says about its own rules is in one of these two. */
  readonly message: string;
  readonly help?: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

/**
 * Runs the linter.
 * @throws Error when the linter itself fails, with what it printed
 */
export async function lint(folder: string, args: readonly string[]): Promise<readonly Finding[]> {
  const printed = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      [program, '--format', 'json', ...args],
      { cwd: folder, maxBuffer: 2 ** 26, timeout: 15_000 },
      (error, stdout, stderr) => {
        // Findings end it with 1, and so does a configuration that it cannot read.
        if (error?.code === 1 || !error) resolve(stdout);
        else reject(new Error(`${error.message}\n${stderr}${stdout}`));
      },
    );
  });
  if (!printed.startsWith('{')) throw new Error(printed);
  const { diagnostics }: { diagnostics: readonly Finding[] } = JSON.parse(printed);
  return diagnostics;
}
