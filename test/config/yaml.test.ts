import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { type DocNode, pathOf, SourceText, toValue } from '../../src/config/document.ts';
import { parseYaml } from '../../src/config/yaml.ts';

function parse(text: string): { source: SourceText; root: DocNode; value: unknown } {
  const source = new SourceText('f.yaml', text);
  const parsed = parseYaml(source);
  if ('problems' in parsed) throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
  return { source, ...parsed };
}

/** `path line:column` of every node, in the order of the document. */
function places(text: string): string[] {
  const { source, root } = parse(text);
  const walk = (node: DocNode): string[] => {
    const { line, column } = source.place(node.at);
    const below =
      node.kind === 'map'
        ? [...node.entries.values()].map((entry) => entry.node)
        : node.kind === 'list'
          ? node.items
          : [];
    return [`${pathOf(node)} ${line}:${column}`, ...below.flatMap(walk)];
  };
  return walk(root);
}

function problems(text: string): string[] {
  const parsed = parseYaml(new SourceText('f.yaml', text));
  return 'problems' in parsed
    ? parsed.problems.map(({ line, column, rule, message }) => `${line}:${column} ${rule}: ${message}`)
    : [];
}

describe('positions', () => {
  test('of block and flow, quoted and empty values', () => {
    expect(places('a:\n  - x: 1\n    "y z": \'q\'\n  - [true, "s"]\nb:\nc: {d: e}\n')).toEqual([
      ' 1:1',
      'a 2:3',
      'a[0] 2:5',
      'a[0].x 2:8',
      'a[0]["y z"] 3:12',
      'a[1] 4:5',
      'a[1][0] 4:6',
      'a[1][1] 4:12',
      'b 5:1',
      'c 6:4',
      'c.d 6:8',
    ]);
  });

  test('an alias stands where it is used, what is below it where it was written', () => {
    expect(places('a: &x { n: 1 }\nb: *x\n')).toEqual([' 1:1', 'a 1:7', 'a.n 1:12', 'b 2:4', 'a.n 1:12']);
  });

  test('merged keys stand where they were written', () => {
    expect(places('a: &x { n: 1, m: 2 }\nb:\n  <<: *x\n  m: 3\nc:\n  m: 4\n  <<: [*x]\n')).toEqual([
      ' 1:1',
      'a 1:7',
      'a.n 1:12',
      'a.m 1:18',
      'b 3:3',
      'a.n 1:12',
      'b.m 4:6',
      'c 6:3',
      'c.m 6:6',
      'a.n 1:12',
    ]);
  });

  test('lines may end with CRLF', () => {
    const source = new SourceText('f', 'a: 1\r\nb: 2\r\n');
    expect(source.problemAt(6, { rule: 'r', message: 'm' })).toMatchObject({ line: 2, column: 1, sourceLine: 'b: 2' });
  });
});

describe('values', () => {
  test.each([
    ['keys that are no plain text', '0x10: a\n~: b\ntrue: c\n3.50: d\n'],
    ['scalars of the core schema', 'a: [1, 0o17, 1.5, .inf, true, null, ~, 2026-01-01, yes, "1", !!str 2]\n'],
    ['block texts', 'a: |\n  x\n  y\nb: >-\n  x\n  y\n'],
    ['JSON with tabs', '{\n\t"a": [1, {"b": null}],\n\t"c": "\\u00e9"\n}\n'],
    ['an anchor that is set twice', 'a: &x 1\nb: *x\nc: &x 2\nd: *x\n'],
    ['a key like an object has', '__proto__: { a: 1 }\nconstructor: 2\n'],
  ])('%s are those of the library', (_, text) => {
    const { root, value } = parse(text);
    expect(toValue(root)).toEqual(load(text));
    expect(value).toEqual(load(text));
  });

  test('merge keys: what is written wins over what is merged, before and after it', () => {
    expect(toValue(parse('a: &x { n: 1, m: 2 }\nb: { m: 3, <<: *x }\nc: { <<: { q: 1, n: 9 }, n: 4 }\n').root)).toEqual(
      {
        a: { n: 1, m: 2 },
        b: { n: 1, m: 3 },
        c: { q: 1, n: 4 },
      },
    );
  });
});

describe('problems', () => {
  test.each([
    [
      'an empty file',
      '',
      '1:1 empty-file: the file is empty; a fleet starts with apiVersion: rollcall.dev/v1alpha1 and kind: Fleet',
    ],
    [
      'comments only',
      '# nothing\n',
      '1:1 empty-file: the file is empty; a fleet starts with apiVersion: rollcall.dev/v1alpha1 and kind: Fleet',
    ],
    [
      'two documents',
      'a: 1\n---\nb: 2\n',
      '3:1 several-documents: the file holds several YAML documents (---); a fleet is one document',
    ],
    [
      'a tab as indentation',
      'a:\n\tb: 1\n',
      '2:1 yaml-syntax: not valid YAML: tab characters must not be used in indentation',
    ],
    ['an unknown alias', 'a: *x\n', '1:5 yaml-syntax: not valid YAML: unidentified alias "x"'],
    ['an alias to what holds it', 'a: &x [*x]\n', '1:8 yaml-alias: alias *x contains itself'],
    [
      'a function',
      'a: !!js/function "function(){}"\n',
      '1:4 yaml-syntax: not valid YAML: unknown scalar tag !<tag:yaml.org,2002:js/function>',
    ],
    ['a local tag', 'a: !secret x\n', '1:4 yaml-syntax: not valid YAML: unknown scalar tag !<!secret>'],
    [
      'a map as a key',
      '? [a]\n: b\n',
      '1:1 yaml-syntax: not valid YAML: object-based map does not support complex keys',
    ],
  ])('%s: one line', (_, text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  test('a template without quotes in braces: what to do', () => {
    const parsed = parseYaml(new SourceText('f.yaml', 'access: { kubeconfig: /kube/{name}.yaml }\n'));
    expect('problems' in parsed && parsed.problems[0]).toMatchObject({
      rule: 'yaml-syntax',
      suggestion: 'a text with {name} or {labels.x} inside of { } or [ ] must be in quotes',
    });
  });

  test('every key that is written twice', () => {
    expect(problems('a: 1\nb: { c: 1, c: 2 }\na: 2\na: 3\n')).toEqual([
      '2:12 duplicate-key: key "c" is written twice in one map',
      '3:1 duplicate-key: key "a" is written twice in one map',
      '4:1 duplicate-key: key "a" is written twice in one map',
    ]);
  });

  test.each([
    [
      'that double themselves',
      Array.from({ length: 40 }, (_, level) =>
        level === 0 ? 'a0: &a0 [x, x]' : `a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`,
      ),
    ],
    [
      'that go deeper and deeper',
      Array.from({ length: 200 }, (_, level) =>
        level === 0 ? 'a0: &a0 [x]' : `a${level}: &a${level} [*a${level - 1}]`,
      ),
    ],
  ])('aliases %s are refused at once', (_, lines) => {
    expect(problems(lines.join('\n'))).toEqual([expect.stringContaining('aliases expand to more than a fleet can be')]);
  });

  test('brackets without end are refused', () => {
    expect(problems('['.repeat(100_000))).toEqual([expect.stringContaining('nesting exceeded maxDepth')]);
  });
});
