import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matches, parseSelector, SelectorError } from '../../src/model/selector.ts';

const member = { name: 'pay-1', labels: { region: 'eu', size: 'small', 'acme.example/tier': 'gold', empty: '' } };

describe('selects', () => {
  test.each([
    ['', true],
    ['region=eu', true],
    ['region==eu', true],
    ['region = eu , size=small', true],
    ['region=eu,size=large', false],
    ['region!=us', true],
    ['region!=eu', false],
    ['gone!=x', true],
    ['gone=x', false],
    ['region in (us, eu)', true],
    ['region in (us)', false],
    ['region notin (us)', true],
    ['gone notin (us)', true],
    ['name=pay-1', true],
    ['name in (pay-1,pay-2)', true],
    ['name notin (pay-1)', false],
    ['region', true],
    ['gone', false],
    ['!gone', true],
    ['! region', false],
    ['acme.example/tier=gold', true],
    ['empty=', true],
    ['region=', false],
    ['empty in (,x)', true],
    ['in=x', false],
    ['toString', false],
    ['region in (eu),name!=x,!gone', true],
  ])('%s: %s', (text, expected) => {
    expect(matches(parseSelector(text), member)).toBe(expected);
  });
});

describe('cannot be read', () => {
  test.each([
    ['a=b,', 'selector "a=b,": a label is missing at position 5'],
    [',a', 'selector ",a": "," is no label key at position 1'],
    ['a b', 'selector "a b": expected =, !=, in or notin and not "b" at position 3'],
    ['a=b c', 'selector "a=b c": expected "," and not "c" at position 5'],
    ['a in b', 'selector "a in b": expected "(" at position 6'],
    ['a in (b', 'selector "a in (b": expected ")" at position 8'],
    ['a=b=c', 'selector "a=b=c": expected "," and not "=" at position 4'],
    ['-a=b', 'selector "-a=b": "-a" is no label key at position 1'],
    ['a=b/c', 'selector "a=b/c": "b/c" is no label value at position 3'],
    ['a>1', 'selector "a>1": "a>1" is no label key at position 1'],
    ['!', 'selector "!": a label is missing at position 2'],
    ['!a=b', 'selector "!a=b": expected "," and not "=" at position 3'],
  ])('%s', (text, message) => {
    expect(() => parseSelector(text)).toThrow(SelectorError);
    expect(() => parseSelector(text)).toThrow(message);
  });
});

describe('laws', () => {
  const word = fc.constantFrom('a', 'b', 'c');
  const selectable = fc.record({ name: word, labels: fc.dictionary(word, word) });

  test('what is not selected by a requirement is selected by its opposite', () => {
    const opposites = fc.constantFrom<[string, string]>(
      ['a=b', 'a!=b'],
      ['a in (b,c)', 'a notin (b,c)'],
      ['a', '!a'],
      ['name=a', 'name!=a'],
    );
    fc.assert(
      fc.property(selectable, opposites, (thing, [one, other]) => {
        expect(matches(parseSelector(one), thing)).toBe(!matches(parseSelector(other), thing));
      }),
    );
  });

  test('any text is read or refused, and quickly', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', ' ', '=', '!', ',', '(', ')', 'in', 'notin', '~', 'é') }),
        (text) => {
          try {
            parseSelector(text);
          } catch (error) {
            expect(error).toBeInstanceOf(SelectorError);
          }
        },
      ),
    );
  });
});
