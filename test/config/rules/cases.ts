import { expect, test } from 'vitest';
import { inShort, onProd, problemsOf, type Surroundings } from '../load-text.ts';

export interface Case {
  readonly name: string;
  readonly text: string;
  /** All problems of the text, nothing else. */
  readonly problems: readonly string[];
  readonly says?: string | RegExp;
  readonly also?: readonly string[];
  readonly suggestion?: string | RegExp;
  readonly surroundings?: Surroundings;
}

/** Options of the one registration of member `a`, from line 8 on. */
export const withOptions = (options: string): string =>
  onProd(
    `members:\n  - name: a\n    registrations: [{ hub: prod, mode: ocm-default, options: {\n${options.replace(/^/gm, '      ')} }}]\n`,
  );

/** One test per case: all problems of its text with their places, and what the first of them says. */
export function testEach(cases: readonly Case[]): void {
  test.each(cases)('$name', async ({ text, problems, says, also, suggestion, surroundings }) => {
    const found = await problemsOf(text, surroundings);
    expect(found.map(inShort)).toEqual(problems);
    if (says !== undefined) expect(found[0]?.message).toMatch(says);
    if (suggestion !== undefined) expect(found[0]?.suggestion).toMatch(suggestion);
    if (also !== undefined) {
      expect(found[0]?.also?.map(({ label, line, column }) => `${label} ${line}:${column}`)).toEqual(also);
    }
  });
}
