/** What a command touches of the process; injected, so that tests run commands in process. */
export interface Io {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly homeFolder: string;
  /** Who runs this, from where: `user@machine`, for the lock. */
  readonly operator: string;
  readonly interrupt: Interrupt;
}

/** Ctrl-C and SIGTERM. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** The first signal's exit code, once there was one. */
  exitCode(): number | undefined;
  /**
   * While held, the first signal only aborts `signal`, so that steps in flight finish; otherwise it ends the process.
   * @param says what the user is told at the first signal
   * @returns a function that ends the hold
   */
  hold(says?: string): () => void;
}
