/** One thing wrong with the fleet file, with everything needed to show where. */
export interface Problem {
  /** Stable name of the rule that failed (`unknown-key`, `duplicate-member`, …). */
  readonly rule: string;
  /** One sentence: what is wrong and, after a semicolon, what to do. */
  readonly message: string;
  readonly file: string;
  /** From 1. Left out when the file could not be read at all. */
  readonly line?: number;
  readonly column?: number;
  /** Path in the document, as in `members[2].registrations[0].options`. */
  readonly path?: string;
  /** The offending source line, without its line break. */
  readonly sourceLine?: string;
  /** Column (from 1) that `sourceLine` begins at, where it is only the part of a very long line around the problem. */
  readonly sourceLineFrom?: number;
  /** "did you mean …" */
  readonly suggestion?: string;
  /** Further places that take part: the group or the defaults a value came from. */
  readonly also?: readonly {
    readonly label: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
  }[];
}
