/** Label selectors, as kubectl's `-l` has them. `name` is the member's name. */

interface Requirement {
  readonly key: string;
  /** A missing label satisfies `not-in`, as in Kubernetes. */
  readonly operator: 'in' | 'not-in' | 'exists' | 'not-exists';
  readonly values: readonly string[];
}

/** All of its requirements must hold. */
export type Selector = readonly Requirement[];

/** What is selected from. */
export interface Selectable {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export class SelectorError extends Error {
  constructor(text: string, at: number, reason: string) {
    super(`selector "${text}": ${reason} at position ${at + 1}`);
    this.name = 'SelectorError';
  }
}

const keyShape = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const valueShape = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const token = /\s*(==|=|!=|!|\(|\)|,|[^\s=!(),]+)/y;

/**
 * Reads `a=b`, `a==b`, `c!=d`, `e in (f,g)`, `name notin (x)`, `key` and `!key`, separated by commas; empty selects everything.
 * @throws SelectorError with the position of what cannot be read
 */
export function parseSelector(text: string): Selector {
  return new Parser(text).selector();
}

export function matches(selector: Selector, { name, labels }: Selectable): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = key === 'name' ? name : Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === 'exists') return value !== undefined;
    if (operator === 'not-exists') return value === undefined;
    const isListed = value !== undefined && values.includes(value);
    return operator === 'in' ? isListed : !isListed;
  });
}

interface Token {
  readonly text: string;
  readonly at: number;
}

class Parser {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    token.lastIndex = 0;
    for (let match = token.exec(text); match !== null; match = token.exec(text)) {
      const [whole, part = ''] = match;
      this.#tokens.push({ text: part, at: match.index + whole.length - part.length });
    }
  }

  selector(): Selector {
    const requirements: Requirement[] = [];
    if (this.#peek() === undefined) return requirements;
    for (;;) {
      requirements.push(this.#requirement());
      const next = this.#peek();
      if (next === undefined) return requirements;
      if (next.text !== ',') this.#fail(next, `expected "," and not "${next.text}"`);
      this.#next += 1;
    }
  }

  #requirement(): Requirement {
    if (this.#peek()?.text === '!') {
      this.#next += 1;
      return { key: this.#key(), operator: 'not-exists', values: [] };
    }
    const key = this.#key();
    const operator = this.#peek();
    if (operator === undefined || operator.text === ',') return { key, operator: 'exists', values: [] };
    this.#next += 1;
    switch (operator.text) {
      case '=':
      case '==':
        return { key, operator: 'in', values: [this.#value()] };
      case '!=':
        return { key, operator: 'not-in', values: [this.#value()] };
      case 'in':
        return { key, operator: 'in', values: this.#values() };
      case 'notin':
        return { key, operator: 'not-in', values: this.#values() };
      default:
        return this.#fail(operator, `expected =, !=, in or notin and not "${operator.text}"`);
    }
  }

  #key(): string {
    const found = this.#peek();
    if (found === undefined || !keyShape.test(found.text)) {
      return this.#fail(found, found === undefined ? 'a label is missing' : `"${found.text}" is no label key`);
    }
    this.#next += 1;
    return found.text;
  }

  /** A value may be empty: `a=` selects the label with no text. */
  #value(): string {
    const found = this.#peek();
    if (found === undefined || found.text === ',' || found.text === ')') return '';
    if (!valueShape.test(found.text)) return this.#fail(found, `"${found.text}" is no label value`);
    this.#next += 1;
    return found.text;
  }

  #values(): string[] {
    this.#expect('(');
    const values = [this.#value()];
    while (this.#peek()?.text === ',') {
      this.#next += 1;
      values.push(this.#value());
    }
    this.#expect(')');
    return values;
  }

  #expect(wanted: string): void {
    const found = this.#peek();
    if (found?.text !== wanted) this.#fail(found, `expected "${wanted}"`);
    this.#next += 1;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #fail(found: Token | undefined, reason: string): never {
    throw new SelectorError(this.#text, found?.at ?? this.#text.length, reason);
  }
}
