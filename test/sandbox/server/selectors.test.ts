import { describe, expect, it } from 'vitest';
import { fieldSelector, labelSelector, selectedName } from '../../../src/sandbox/server/selectors.ts';

const object = (labels: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name: 'x', namespace: 'n', labels },
});

describe('label selectors', () => {
  const cases: readonly (readonly [string, Record<string, string>, boolean])[] = [
    ['', {}, true],
    ['a=b', { a: 'b' }, true],
    ['a == b', { a: 'c' }, false],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a=', { a: '' }, true],
    ['a in (b, c)', { a: 'c' }, true],
    ['a in (b,c),d', { a: 'c' }, false],
    ['a notin (b)', {}, true],
    ['a notin (b)', { a: 'b' }, false],
    ['x.dev/a', { 'x.dev/a': '' }, true],
    ['!x.dev/a', { 'x.dev/a': '' }, false],
    ['a>5', { a: '6' }, true],
    ['a<5', { a: 'six' }, false],
  ];
  it.each(cases)('%s on %o is %s', (text, labels, selected) => {
    expect(labelSelector(text)(object(labels))).toBe(selected);
  });
  it.each(['==', 'a in b', 'a b', 'a=b,', '!'])('%s is refused', (text) => {
    expect(() => labelSelector(text)).toThrow();
  });
});

describe('field selectors', () => {
  it('compare declared fields only', () => {
    expect(fieldSelector('metadata.name=x,metadata.namespace!=m', [])(object({}))).toBe(true);
    expect(fieldSelector('kind==Y', ['kind'])(object({}))).toBe(false);
    expect(() => fieldSelector('spec.x=1', ['kind'])).toThrow('"spec.x" is not a known field selector');
    expect(() => fieldSelector('nonsense', [])).toThrow('invalid selector');
  });
  it('tell which name they pin', () => {
    expect(selectedName('metadata.namespace=n,metadata.name=x')).toBe('x');
    expect(selectedName('metadata.name!=x')).toBeUndefined();
  });
});
