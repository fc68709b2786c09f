/**
 * What differs from member to member in texts that mean the same, most specific first. A host name has 253 characters at most:
 * without a bound, a long text of dashes would be read anew from each of them.
 */
const varying: readonly (readonly [RegExp, string])[] = [
  [/\bhttps?:\/\/[^\s,;"')\]]+/g, '<address>'],
  [/\b\d{4}-\d\d-\d\d(?:[T \u00a0]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/g, '<time>'],
  [/\[(?=[0-9a-f]*:)[0-9a-f:.]*\](?::\d+)?/gi, '<address>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<address>'],
  [/(?<![\w.])(?=[\w.-]{0,252}[a-z])[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?:\d{2,5}\b/gi, '<address>'],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, '<id>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '<id>'],
  [/\b\d+(?:\.\d+)? ?(?:ms|s|m|h|d)\b/g, '<time>'],
];

/**
 * A text without what is particular to one member: its name (also with a generated suffix), addresses, ids and times become
 * `<member>`, `<address>`, `<id>`, `<time>`. Texts with equal templates have one cause.
 */
export function template(text: string, member: string): string {
  let result = text;
  for (const [pattern, placeholder] of varying) result = result.replace(pattern, placeholder);
  if (member === '') return result;
  const name = member.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return result.replace(new RegExp(`(?<![\\w<-])${name}(?:-[a-z0-9]{5})?(?![\\w-])`, 'g'), '<member>');
}

/**
 * One text for several with equal templates: words that all share stay as they are, the others are shown as in the template.
 * '' for none.
 */
export function common(texts: readonly { readonly text: string; readonly member: string }[]): string {
  const [first, ...others] = texts;
  if (first === undefined || others.every(({ text }) => text === first.text)) return first?.text ?? '';
  const whole = template(first.text, first.member);
  const split = others.map(({ text }) => text.split(' '));
  const words = first.text.split(' ');
  if (split.some((other) => other.length !== words.length)) return whole;
  const result = words.map((word, at) => {
    if (split.every((other) => other[at] === word)) return word;
    const general = template(word, first.member);
    return general === word ? undefined : general;
  });
  return result.includes(undefined) ? whole : result.join(' ');
}

/** Groups by key, in order of first appearance. */
export function grouped<T>(items: readonly T[], key: (item: T) => string): (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const found = groups.get(key(item));
    if (found) found.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}
