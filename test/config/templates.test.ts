import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DocNode } from '../../src/config/document.ts';
import { escapeTemplates, fill } from '../../src/config/templates.ts';

const fillings = {
  name: 'edge-1',
  labels: { region: 'eu', 'topology.kubernetes.io/zone': 'eu-1a', odd: '{name}' },
  variable: (name: string) =>
    new Map([
      ['HOME_DIR', '/srv'],
      ['ODD', '{name} ${HOME_DIR}'],
    ]).get(name),
};

const node = (value: string, key = 'context'): DocNode => ({ kind: 'scalar', at: 0, parent: undefined, key, value });

function filled(text: string, key = 'context'): unknown {
  const problems: string[] = [];
  const result = fill(node(text), key, fillings, (rule) => problems.push(rule));
  return problems.length > 0 ? problems : result.kind === 'scalar' && result.value;
}

describe('text', () => {
  test.each([
    ['plain', 'plain'],
    ['{name}', 'edge-1'],
    ['{labels.region}-{name}-{labels.region}', 'eu-edge-1-eu'],
    ['{labels.topology.kubernetes.io/zone}', 'eu-1a'],
    ['{labels.odd}', '{name}'],
    ['{{name}}', '{name}'],
    ['{"a": {"b": 1}}', '{"a": {"b": 1}}'],
    ['{} { name } {-x}', '{} { name } {-x}'],
    ['${name} ${HOME_DIR}', '${name} ${HOME_DIR}'],
  ])('%s', (text, result) => {
    expect(filled(text)).toBe(result);
  });

  test.each([
    ['{labels.nothing}', 'missing-label'],
    ['{labels.constructor}', 'missing-label'],
    ['{Name}', 'unknown-template'],
    ['{label.region}', 'unknown-template'],
  ])('%s is %s', (text, rule) => {
    expect(filled(text)).toEqual([rule]);
  });
});

describe('variables', () => {
  test.each(['kubeconfig', 'caFile', 'tokenFile', 'server'])('are expanded in %s', (key) => {
    expect(filled('${HOME_DIR}/{name}', key)).toBe('/srv/edge-1');
  });

  test.each(['context', 'hub', 'clusterName', 'proxyUrl', 'url', 'owner'])('are plain text in %s', (key) => {
    expect(filled('${HOME_DIR}', key)).toBe('${HOME_DIR}');
  });

  test('what they hold is not looked at again', () => {
    expect(filled('${ODD}', 'server')).toBe('{name} ${HOME_DIR}');
  });

  test.each(['${UNSET}', '${}', '${A-B}'])('%s is an error in a path', (text) => {
    expect(filled(text, 'kubeconfig')).toEqual(['unset-variable']);
  });
});

test('a node in which nothing changes is the same node', () => {
  const list: DocNode = { kind: 'list', at: 0, parent: undefined, key: 'x', items: [node('a'), node('{"b"}')] };
  expect(fill(list, 'x', fillings, () => undefined)).toBe(list);
});

test('escaped text fills in to itself', () => {
  const piece = fc.constantFrom('{', '}', '{{', '}}', '${', 'name', 'labels.region', 'x', ' ', '$', '-');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      (text) => {
        expect(filled(escapeTemplates(text))).toBe(text);
      },
    ),
    { numRuns: 500 },
  );
});
