import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import vitestConfig from '../../vitest.config.ts';
import { type Finding, lint, root } from './oxlint.ts';

const files = globSync(['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'], { cwd: root })
  .toSorted()
  .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));

/** Files that only pass on what others export. */
const registries = ['src/drivers/index.ts', 'src/reconcile/steps/index.ts'];

/**
 * What the compiler or the linter is told not to look at. The counts are exact: each may only shrink, and is lowered here
 * when it does.
 */
const exceptions = {
  src: { casts: 55, doubleCasts: 1, nonNull: 0, lintSuppressions: 0, tsComments: 0 },
  test: { casts: 84, doubleCasts: 4, nonNull: 0, lintSuppressions: 0, tsComments: 0 },
};

test('no file is longer than 300 lines', () => {
  const long = files.map(({ name, text }) => ({ name, lines: text.trimEnd().split('\n').length }));
  expect(long.filter(({ lines }) => lines > 300)).toEqual([]);
});

test('no folder or file is a drawer for everything', () => {
  const drawer = /(^|\/)(utils?|common|helpers?|misc|shared|lib)(\/|\.(test\.)?ts$)/;
  expect(files.map(({ name }) => name).filter((name) => drawer.test(name))).toEqual([]);
});

test('no file only passes on what others export, but the two registries', () => {
  const passesOn = /^export (type )?(\*|\{[^}]*\})( as \w+)? from /m;
  const names = files.filter(({ name, text }) => basename(name) === 'index.ts' || passesOn.test(text));
  expect(names.map(({ name }) => name)).toEqual(registries);
});

test('suites that start control planes are in the project that runs them one after the other', () => {
  const starts = /from '(\.\.?\/)+(control-plane\/)?(harness|required)\.ts'/;
  const suites = files.filter(({ name, text }) => name.endsWith('.test.ts') && starts.test(text));
  const projects = vitestConfig.test?.projects ?? [];
  const real = projects.flatMap((project) =>
    typeof project === 'object' && 'test' in project && project.test?.name === 'real'
      ? (project.test.include ?? [])
      : [],
  );
  const sequential = globSync(real, { cwd: root });
  expect(suites.map(({ name }) => name).filter((name) => !sequential.includes(name))).toEqual([]);
  expect(suites).not.toEqual([]);
});

describe('exceptions from the checks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-structure-'));
  let assertions: readonly Finding[];

  beforeAll(async () => {
    const config = join(folder, 'assertions.json');
    const rules = {
      'typescript/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      'typescript/no-non-null-assertion': 'error',
    };
    writeFileSync(config, JSON.stringify({ categories: { correctness: 'off' }, rules }));
    assertions = await lint(root, ['--config', config, 'src', 'test']);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['src', 'test'] as const)('of %s are as many as listed', (room) => {
    const under = files.filter(({ name }) => name.startsWith(`${room}/`));
    const matches = (pattern: RegExp): number =>
      under.reduce((count, { text }) => count + (text.match(pattern)?.length ?? 0), 0);
    const found = (rule: string): number =>
      assertions.filter(({ filename, code }) => filename.startsWith(`${room}/`) && code.includes(rule)).length;
    expect({
      casts: found('consistent-type-assertions'),
      doubleCasts: matches(/as unknown[ ]as/g),
      nonNull: found('no-non-null-assertion'),
      lintSuppressions: matches(/(oxlint|eslint|biome|knip)-(disable|ignore)|[@]lintignore|v8[ ]ignore/g),
      tsComments: matches(/@ts-(ignore|expect-error|nocheck|check)/g),
    }).toEqual(exceptions[room]);
  });
});
